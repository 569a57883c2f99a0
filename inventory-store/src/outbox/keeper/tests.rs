//! What many askers and lookers see of one outbox on a bad disk.

use std::io::ErrorKind;
use std::sync::Barrier;
use std::sync::atomic::Ordering;
use std::thread;

use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::Timestamp;
use inventory_log::disk::Directory;
use inventory_log::testing::{Call, Fault, SimDisk};

use super::*;
use crate::logs;
use crate::outbox::durable::tests::sale;
use crate::outbox::{OnConflict, OutboxLimits};

fn open(directory: &Directory) -> DurableOutbox {
    let opened = DurableOutbox::open(directory, OutboxLimits::default(), OnConflict::default());
    opened.unwrap().0
}

fn start(outbox: DurableOutbox) -> Keeper {
    Keeper::start(
        outbox,
        Arc::new(ManualClock::default()),
        Duration::from_secs(5),
    )
    .unwrap()
}

/// A disk, and its directory.
fn simulated() -> (SimDisk, Directory) {
    let disk = SimDisk::new(1);
    let directory = Directory::lock(Arc::new(disk.clone())).unwrap().unwrap();
    (disk, directory)
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap()
}

/// A disk that is full until somebody makes room, in every way: the file itself cannot be written anew either.
#[test]
fn a_full_disk_is_used_again_once_there_is_room() {
    let (disk, directory) = simulated();
    let outbox = open(&directory);
    disk.set_full(true);
    disk.set_shortage(ErrorKind::StorageFull);
    // What is queued would have room in the file's last sector.
    disk.arm(Some(Call::Write), 1, Fault::NoSpace);
    let keeper = start(outbox);
    let runtime = runtime();
    let queue = |key: &str| {
        let asked = keeper.change_all(vec![Change::Enqueue(sale(key))]);
        runtime.block_on(asked).unwrap().pop().unwrap()
    };
    assert!(matches!(queue("a"), Err(ChangeError::Failed(_))));
    let trouble = keeper.trouble().unwrap();
    assert!(trouble.message.contains("no storage space"), "{trouble:?}");
    let mut changed = keeper.subscribe();
    changed.mark_unchanged();

    disk.set_full(false);
    runtime.block_on(changed.changed()).unwrap();
    assert!(keeper.trouble().is_none(), "nobody had to ask for it");
    assert!(matches!(queue("a"), Ok(Changed::Done)));
    keeper.close();
    runtime.block_on(keeper.ended()).unwrap();
    assert_eq!(open(&directory).outbox().queued_count(), 1);
}

/// A till whose clock starts in 1970 is online, and the time is set: what it has sold is a second old.
#[test]
fn what_is_queued_is_no_older_for_a_clock_that_is_set() {
    logs::listen();
    let temporary = tempfile::tempdir().unwrap();
    let directory = Directory::open(temporary.path()).unwrap();
    let clock = ManualClock::default();
    let keeper = Keeper::start(
        open(&directory),
        Arc::new(clock.clone()),
        Duration::from_secs(5),
    )
    .unwrap();
    let runtime = runtime();
    let queue = |key: &str| {
        let asked = keeper.change_all(vec![Change::Enqueue(sale(key))]);
        runtime.block_on(asked).unwrap().pop().unwrap().unwrap()
    };
    queue("a");
    clock.advance_millis(5_000);
    let years = Timestamp::UNIX_EPOCH.plus_millis(1 << 41);
    clock.leap_to(years);
    queue("b");
    let ages = || {
        let outbox = keeper.outbox();
        let ages = outbox
            .queued()
            .map(|one| clock.now().millis_since(one.queued_at()));
        ages.collect::<Vec<_>>()
    };
    assert_eq!(ages(), [5_000, 0]);
    let line = "the clock was set; what is queued is as old as before";
    assert_eq!(logs::count(&["WARN", line, "by_ms=2199023250552"]), 1);
    clock.leap_to(Timestamp::UNIX_EPOCH);
    clock.stand_millis(1_000);
    let sent = runtime.block_on(keeper.start_batch(9, BTreeSet::new()));
    assert_eq!(sent.unwrap().unwrap().len(), 2, "nothing is expired");
    keeper.close();
    runtime.block_on(keeper.ended()).unwrap();
    let again = open(&directory);
    let queued = again.outbox().queued_count();
    assert_eq!((queued, again.outbox().parked_count()), (2, 0));
}

/// Lets the next write wait, from where the first barrier is passed until the second one is.
fn hold_up(disk: &SimDisk) -> (Arc<Barrier>, Arc<Barrier>) {
    let (began, ends) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (begins, goes_on) = (Arc::clone(&began), Arc::clone(&ends));
    disk.meanwhile(1, move || {
        begins.wait();
        goes_on.wait();
    });
    (began, ends)
}

#[test]
fn nobody_who_looks_waits_for_the_disk_and_those_who_wait_share_a_sync() {
    let (disk, directory) = simulated();
    let outbox = open(&directory);
    let syncs = disk.calls_of(Call::Sync);
    let (began, ends) = hold_up(&disk);
    let keeper = start(outbox);
    let runtime = runtime();
    thread::scope(|scope| {
        let queue = |key: String| {
            let (runtime, keeper) = (&runtime, &keeper);
            scope.spawn(move || {
                let asked = keeper.change_all(vec![Change::Enqueue(sale(&key))]);
                runtime.block_on(asked).unwrap().pop().unwrap().unwrap()
            })
        };
        let first = queue("first".to_owned());
        began.wait();
        // The disk is being waited for: what is seen is what was durable before.
        assert_eq!(keeper.outbox().queued_count(), 0);
        assert!(keeper.trouble().is_none());
        let later: Vec<_> = (0..40).map(|number| queue(number.to_string())).collect();
        while keeper.asked.load(Ordering::SeqCst) < 41 {
            thread::yield_now();
        }
        ends.wait();
        first.join().unwrap();
        for one in later {
            assert_eq!(one.join().unwrap(), Changed::Done);
        }
    });
    assert_eq!(keeper.outbox().queued_count(), 41);
    let made = disk.calls_of(Call::Sync) - syncs;
    assert_eq!(made, 2, "forty waited together");
}

/// A sync hangs: nobody waits for it longer than the patience, nobody more is taken, and what was taken is done in the end.
#[test]
fn a_disk_that_hangs_is_told_and_nobody_waits_for_it() {
    logs::listen();
    let (disk, directory) = simulated();
    let outbox = open(&directory);
    let (began, ends) = hold_up(&disk);
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH.plus_millis(77));
    let patience = Duration::from_millis(100);
    let keeper = Keeper::start(outbox, Arc::new(clock), patience).unwrap();
    runtime().block_on(async {
        let queue = |key: &str| keeper.change_all(vec![Change::Enqueue(sale(key))]);
        let first = queue("first");
        let second = async {
            tokio::task::block_in_place(|| began.wait());
            assert!(keeper.trouble().is_none(), "it may be slow");
            queue("second").await
        };
        let (first, second, ()) = tokio::join!(first, second, keeper.watch_disk());
        assert_eq!(first.unwrap_err(), NoAnswer::Unknown);
        assert_eq!(second.unwrap_err(), NoAnswer::Unknown);
        let trouble = keeper.trouble().unwrap();
        assert_eq!(trouble.message, "the disk does not answer");
        assert_eq!(trouble.since.millis(), 77);
        assert_eq!(queue("third").await.unwrap_err(), NoAnswer::Silent);
        let batch = keeper.start_batch(9, BTreeSet::new()).await;
        assert_eq!(batch.unwrap_err(), NoAnswer::Silent);
        let line =
            "the disk of the outbox does not answer; until it does, nothing is queued or sent";
        assert!(logs::count(&["ERROR", line, "silent_ms="]) > 0);

        ends.wait();
        keeper.watch_disk().await;
        assert!(keeper.trouble().is_none());
        let line = "the disk of the outbox answers again";
        assert!(logs::count(&["WARN", line, "silent_ms="]) > 0);
        let again = queue("first").await.unwrap().pop().unwrap().unwrap();
        assert_eq!(again, Changed::Already, "what was taken was done");
    });
    assert_eq!(keeper.outbox().queued_count(), 2);
}

/// What was taken is done after the end as well, and nothing more is taken.
#[test]
fn an_outbox_that_was_closed_finishes_what_it_has_taken() {
    let (disk, directory) = simulated();
    let outbox = open(&directory);
    let (began, ends) = hold_up(&disk);
    let keeper = start(outbox);
    let queue = |key: &str| keeper.change_all(vec![Change::Enqueue(sale(key))]);
    runtime().block_on(async {
        let closing = async {
            tokio::task::block_in_place(|| began.wait());
            keeper.close();
            let late = queue("late").await;
            assert_eq!(late.unwrap_err(), NoAnswer::Closed);
            tokio::task::block_in_place(|| ends.wait());
            keeper.ended().await
        };
        let (taken, ended) = tokio::join!(queue("taken"), closing);
        assert!(matches!(taken.unwrap()[..], [Ok(Changed::Done)]));
        assert_eq!(ended, Ok(()), "nobody has panicked");
    });
    assert_eq!(keeper.outbox().queued_count(), 1);
}
