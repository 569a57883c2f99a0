//! An inventory in one call: what it does while nobody asks, and what it leaves behind.

#![cfg(feature = "testing")]
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use inventory_core::engine::Settings;
use inventory_core::inventory::{Inventory, StartError};
use inventory_core::machine::{
    Adjust, Close, Command, Commit, Count, Extend, Hold, InvalidInput, MovementKind, Receive,
    Rejection, Release, RemoveAlert, Request, SetAlert, Settlement, Ship, SyncLevel,
};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{
    DeadLetter, DeadLetters, EventLog, Observation, Observer, Ports, Resolved,
};
use inventory_core::testing::{Call, Faults, ManualClock};
use inventory_core::vocabulary::{Sequence, Timestamp};

fn start(storage: &MemoryStorage) -> Inventory {
    Inventory::start(storage.ports(), Settings::default()).unwrap()
}

fn request(command: impl Into<Command>) -> Request {
    Request::unkeyed(vec![command.into()]).unwrap()
}

/// Waits for a future on this thread, as any runtime would.
fn await_here<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn a_reservation_ends_though_nobody_asks() {
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH.plus_millis(1_000_000));
    let ports = Ports {
        clock: Arc::new(clock.clone()),
        ..MemoryStorage::new().ports()
    };
    let inventory = Inventory::start(ports, Settings::default()).unwrap();
    let submit = |command: Command| inventory.submit(request(command)).unwrap().unwrap();
    submit(Count::new("tea", "north", 5).unwrap().into());
    let held = submit(Hold::new("cart-1", "tea", "north", 2, 60).unwrap().into());
    let tea = "tea".parse().unwrap();
    assert_eq!(inventory.reader().product(&tea).unwrap().total.units(), 3);
    let mut log = inventory.reader().subscribe(held.entry.last());
    clock.advance_millis(61_000);
    assert!(log.wait());
    let lapsed = log.take(1).unwrap();
    let lapsed = lapsed[0].events[0].movement().unwrap();
    assert_eq!(lapsed.kind, MovementKind::Lapsed);
    assert_eq!(inventory.reader().product(&tea).unwrap().total.units(), 5);
}

#[test]
fn what_it_leaves_behind_starts_from_a_snapshot() {
    let storage = MemoryStorage::new();
    let inventory = start(&storage);
    for _ in 0..1_000 {
        let delivery = Adjust::new("tea", "north", 1).unwrap();
        inventory.submit(request(delivery)).unwrap().unwrap();
    }
    assert_eq!(inventory.reader().snapshot(), Sequence::START);
    drop(inventory);
    let again = start(&storage);
    assert_eq!(again.report().events_replayed, 0);
    assert_eq!(again.reader().snapshot().number(), 1_000);
}

/// Hears of snapshots.
#[derive(Default)]
struct Heard {
    skipped: AtomicUsize,
    panics: bool,
}

impl Observer for Heard {
    fn observe(&self, observation: &Observation<'_>) {
        if matches!(observation, Observation::SnapshotSkipped { .. }) {
            self.skipped.fetch_add(1, SeqCst);
        }
        assert!(
            !(self.panics && matches!(observation, Observation::SnapshotSaved { .. })),
            "on purpose"
        );
    }
}

/// Ends an inventory that has something to save.
fn end_heard_by(heard: &Arc<Heard>, faults: &Faults) {
    let ports = Ports {
        observer: Arc::<Heard>::clone(heard),
        ..MemoryStorage::new().ports()
    };
    let inventory = Inventory::start(faults.wrap(ports), Settings::default()).unwrap();
    let delivery = request(Adjust::new("tea", "north", 1).unwrap());
    inventory.submit(delivery).unwrap().unwrap();
}

#[test]
fn a_snapshot_that_cannot_be_saved_is_told_to_the_observer() {
    let (heard, faults) = (Arc::default(), Faults::new());
    faults.fail(0, Call::Save);
    end_heard_by(&heard, &faults);
    assert_eq!(heard.skipped.load(SeqCst), 1);
}

#[test]
fn a_part_that_panics_is_heard_of_by_whoever_ends_the_inventory() {
    let heard = Arc::new(Heard {
        panics: true,
        ..Heard::default()
    });
    let ended = catch_unwind(AssertUnwindSafe(|| end_heard_by(&heard, &Faults::new())));
    let panic = ended.unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"on purpose"));
}

#[test]
fn what_is_taken_is_finished_before_it_ends() {
    let storage = MemoryStorage::new();
    let inventory = start(&storage);
    let delivery = request(Adjust::new("tea", "north", 1).unwrap());
    let taken = inventory.submit_async(vec![delivery; 100]).unwrap();
    drop(inventory);
    let answers = await_here(taken).unwrap();
    assert_eq!(answers.len(), 100);
    let last = answers[99].as_ref().unwrap();
    let line = last.lines().next().unwrap();
    assert_eq!(line.after.level.available().units(), 100);
}

#[test]
fn whoever_drops_it_where_the_writer_waits_for_them_does_not_wait_for_it() {
    let storage = MemoryStorage::new();
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH.plus_millis(1_000_000));
    let ports = Ports {
        clock: Arc::new(clock.clone()),
        ..storage.ports()
    };
    let inventory = Inventory::start(ports, Settings::default()).unwrap();
    let submit = |command: Command| inventory.submit(request(command)).unwrap().unwrap();
    submit(Count::new("tea", "north", 5).unwrap().into());
    let held = submit(Hold::new("cart-1", "tea", "north", 2, 60).unwrap().into());
    let reader = inventory.reader();
    reader.read(|_| {
        clock.advance_millis(61_000);
        // The end of the reservation is written, and cannot be shown while somebody looks.
        while storage.log().head().sequence == held.entry.last() {
            thread::yield_now();
        }
        drop(inventory);
    });
    let mut log = reader.subscribe(held.entry.last());
    assert!(log.wait());
    assert_eq!(log.take(1).unwrap().len(), 1);
}

#[test]
fn answers_are_awaited_without_a_runtime() {
    let inventory = start(&MemoryStorage::new());
    let sales = [1, -2, -1].map(|delta| request(Adjust::new("tea", "north", delta).unwrap()));
    let waiting = sales.map(|sale| inventory.submit_async(vec![sale]).unwrap());
    let answers = waiting.map(|waiting| await_here(waiting).unwrap().remove(0));
    assert!(answers[0].is_ok());
    assert!(matches!(
        answers[1],
        Err(Rejection::InsufficientStock { .. })
    ));
    assert!(answers[2].is_ok());
}

#[test]
fn a_letter_that_is_dealt_with_says_so_ever_after() {
    let storage = MemoryStorage::new();
    let at = Timestamp::UNIX_EPOCH;
    let letter = DeadLetter::new("torn-1".into(), "half a line".into(), at, b"{\"seq\":");
    storage.dead_letters().bury(&[letter]).unwrap();
    let resolve = |note: &str| start(&storage).resolve_dead_letter("torn-1", note);
    assert_eq!(resolve("counted").unwrap(), Resolved::Now);
    assert_eq!(resolve("counted again").unwrap(), Resolved::Before);
    let unknown = start(&storage).resolve_dead_letter("torn-2", "counted");
    assert_eq!(unknown.unwrap(), Resolved::Unknown);
    let mut notes = Vec::new();
    let inventory = start(&storage);
    inventory
        .each_dead_letter(|letter| notes.extend(letter.resolution.map(|said| said.note)))
        .unwrap();
    assert_eq!(notes, ["counted"]);
}

#[test]
fn a_start_that_fails_says_why() {
    let faults = Faults::new();
    faults.fail(0, Call::Load);
    let ports = faults.wrap(MemoryStorage::new().ports());
    let failed = Inventory::start(ports, Settings::default());
    assert!(matches!(failed, Err(StartError::Open(_))), "{failed:?}");
}

#[test]
fn plain_values_make_every_command_and_one_error() {
    let commands = || -> Result<Vec<Command>, InvalidInput> {
        Ok(vec![
            Count::new("tea", "north", 9)?.into(),
            SyncLevel::new("rice", "north", 4)?.into(),
            Adjust::new("tea", "north", -1)?.into(),
            SetAlert::new("tea", "north", 1, 2)?.into(),
            RemoveAlert::new("tea", "north")?.into(),
            Hold::new("cart-1", "tea", "north", 1, 60)?.into(),
            Hold::new("cart-2", "tea", "north", 1, 60)?.into(),
            Extend::new("cart-1", 90)?.into(),
            Commit::all("cart-1")?.into(),
            Release::new("cart-2")?.into(),
            Ship::new("t-1", "north", "south", "tea", 2)?.into(),
            Ship::new("t-2", "north", "south", "tea", 1)?.into(),
            Receive::all("t-1")?.into(),
            Close::new("t-2", Settlement::Returned)?.into(),
        ])
    };
    let inventory = start(&MemoryStorage::new());
    for command in commands().unwrap() {
        let said = format!("{command:?}");
        let answer = inventory.submit(request(command)).unwrap();
        assert!(answer.is_ok(), "{said}: {answer:?}");
    }
    let tea = inventory.reader().product(&"tea".parse().unwrap()).unwrap();
    let at = |store: &str| tea.levels[&store.parse().unwrap()].on_hand().units();
    assert_eq!((at("north"), at("south")), (5, 2));
    assert!(matches!(
        Adjust::new("", "north", 1),
        Err(InvalidInput::Id(_))
    ));
    assert!(matches!(
        Adjust::new("tea", "north", 0),
        Err(InvalidInput::OutOfRange(_))
    ));
    assert!(matches!(
        SetAlert::new("tea", "north", 2, 2),
        Err(InvalidInput::Thresholds(_))
    ));
}
