//! Full disk, for whatever reason it is full: a start succeeds, reads continue, writes are refused and leave nothing behind, and
//! everything works again when there is room.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::ErrorKind;
use std::process::Command;
use std::sync::Arc;

use inventory_core::conformance::{History, adjust};
use inventory_core::engine::{Engine, EngineError, Opened, Settings};
use inventory_core::machine::{DeadLettered, Entry, Event, Head, Request};
use inventory_core::ports::{
    AppendError, DeadLetters, EventLog, Ports, Resolution, Snapshot, SnapshotStore,
};
use inventory_core::testing::{Defect, ManualClock, with};
use inventory_core::vocabulary::{Chain, Sequence, Timestamp};
use inventory_log::SystemClock;
use inventory_log::file::{FileOptions, FileStore, open, open_on};
use inventory_log::testing::{Call, Fault, SimDisk};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const ACTIVE: &str = "events.log.jsonl";
const DEAD_LETTERS: &str = "deadletter.jsonl";

const SHORTAGES: [ErrorKind; 3] = [
    ErrorKind::StorageFull,
    ErrorKind::QuotaExceeded,
    ErrorKind::FileTooLarge,
];

const OPTIONS: FileOptions = FileOptions::new()
    .with_segment_bytes(1 << 20)
    .with_reserve_bytes(4_096)
    .with_prefill_bytes(512);

fn open_sim(disk: &SimDisk) -> FileStore {
    open_on(Arc::new(disk.clone()), &SystemClock, OPTIONS).unwrap()
}

fn entry(history: &mut History) -> Arc<Entry> {
    let key = format!("k{}", history.ledger().head().sequence);
    let lines = vec![adjust("tea", "north", 1)];
    history.write(&Request::new(key.parse().unwrap(), lines).unwrap())
}

fn append(store: &mut FileStore, group: &[Arc<Entry>]) -> Result<(), AppendError> {
    store.log.append(store.log.head().sequence, group)
}

fn all(store: &FileStore) -> Vec<Arc<Entry>> {
    store
        .log
        .reader()
        .read(Sequence::START, usize::MAX)
        .unwrap()
}

/// A log whose process was killed after so many groups of one entry. With `torn` the last one lacks its end.
fn killed(entries: usize, torn: bool) -> (SimDisk, Vec<Arc<Entry>>, History) {
    let disk = SimDisk::new(3);
    let mut history = History::new();
    let mut store = open_sim(&disk);
    let mut written: Vec<_> = (0..entries).map(|_| entry(&mut history)).collect();
    for entry in &written {
        append(&mut store, std::slice::from_ref(entry)).unwrap();
    }
    let next = disk.kill();
    drop(store);
    if torn {
        let mut content = next.content(ACTIVE).unwrap();
        let end = content.iter().rposition(|&byte| byte == b'}').unwrap();
        content[end - 20..].fill(0);
        next.put(ACTIVE, content);
        written.pop();
        history = History::new();
        written.iter().for_each(|entry| history.follow(entry));
    }
    (next, written, history)
}

fn starts_and_goes_on(shortage: ErrorKind) {
    let (disk, mut written, mut history) = killed(5, true);
    disk.set_shortage(shortage);
    disk.set_full(true);
    let names = disk.names();
    let mut store = open_sim(&disk);
    let next = entry(&mut history);
    for _ in 0..2 {
        assert_eq!(all(&store), written);
        let refused = append(&mut store, &[Arc::clone(&next)]);
        assert!(matches!(refused, Err(AppendError::NotWritten { .. })));
        assert_eq!(disk.names(), names, "nothing is left behind");
    }
    // A start that is repeated is no worse.
    let disk = disk.kill();
    drop(store);
    let mut store = open_sim(&disk);
    assert_eq!(all(&store), written);

    disk.set_full(false);
    append(&mut store, &[Arc::clone(&next)]).unwrap();
    written.push(next);
    assert_eq!(all(&store), written);
    let letters = store.dead_letters.letters().unwrap();
    assert_eq!(
        letters.len(),
        1,
        "the torn write is buried before it is cut off"
    );
    drop(store);
    let store = open_sim(&disk);
    assert_eq!((all(&store), store.findings), (written, vec![]));
}

#[test]
fn a_start_on_a_full_disk_is_read_and_goes_on_when_there_is_room() {
    SHORTAGES.into_iter().for_each(starts_and_goes_on);
    let quota = || starts_and_goes_on(ErrorKind::QuotaExceeded);
    let seen = std::panic::catch_unwind(|| with(Defect::QuotaIsNotFull, quota));
    assert!(seen.is_err(), "a quota is taken for a failure");
}

/// Something that nobody knows is in the log, and no start has come across it: a later program has written it.
fn unknown(head: Head) -> Arc<Entry> {
    Arc::new(Entry {
        first: head.sequence.next(),
        recorded_at: head.recorded_at,
        intent: None,
        outcomes: Box::default(),
        events: [Event::DeadLettered(DeadLettered {
            product: Some("rice".parse().unwrap()),
            version: None,
            raw: r#"{"type":"StockLent","product":"rice"}"#.into(),
        })]
        .into(),
        annotations: None,
        chain: Chain::from_bits(7),
    })
}

fn start(disk: &SimDisk) -> Opened {
    let ports = Ports {
        clock: Arc::new(ManualClock::default()),
        ..open_sim(disk).into_ports()
    };
    Engine::open(ports, Settings::default()).unwrap()
}

/// A full disk with a log whose last event nobody knows, and what had been written before it.
fn full_with_something_to_bury() -> (SimDisk, Vec<Arc<Entry>>) {
    let (disk, written, _) = killed(5, false);
    let mut store = open_sim(&disk);
    let planted = unknown(store.log.head());
    append(&mut store, &[planted]).unwrap();
    let disk = disk.kill();
    drop(store);
    disk.set_full(true);
    (disk, written)
}

#[test]
fn a_start_on_a_full_disk_that_finds_something_to_bury_buries_it_when_there_is_room() {
    let (disk, written) = full_with_something_to_bury();
    // A start that is repeated is no worse.
    drop(start(&disk));
    let mut opened = start(&disk);
    assert_eq!(opened.report.dead_letters, 1);
    let listed = |opened: &Opened| opened.dead_letters.letters().unwrap();
    let letters = listed(&opened);
    assert_eq!(letters[0].product, Some("rice".parse().unwrap()));
    assert_eq!(
        disk.content(DEAD_LETTERS).unwrap_or_default(),
        b"",
        "there is no room"
    );
    let tea = |opened: &Opened| {
        let tea = "tea".parse().unwrap();
        let reader = opened.engine.reader();
        reader.read(|ledger| ledger.product(&tea).unwrap().total().units())
    };
    assert_eq!(tea(&opened), written.len() as u64);
    let delivery = Request::unkeyed(vec![adjust("tea", "north", 1)]).unwrap();
    for _ in 0..2 {
        let refused = opened.engine.submit([&delivery]);
        assert!(
            matches!(refused, Err(EngineError::NotWritten { .. })),
            "{refused:?}"
        );
        // Nor is anything saved from which a start would not come across it.
        opened.snapshotter.save().unwrap_err();
        let resolution = Resolution {
            resolved_at: Timestamp::UNIX_EPOCH,
            note: "counted".to_owned(),
        };
        opened
            .dead_letters
            .resolve(&letters[0].id, &resolution)
            .unwrap_err();
    }
    assert_eq!(listed(&opened), letters);

    disk.set_full(false);
    assert!(opened.engine.submit([&delivery]).unwrap()[0].is_ok());
    assert_eq!(tea(&opened), written.len() as u64 + 1);
    assert_eq!(listed(&opened), letters, "it is there once");
    opened.snapshotter.save().unwrap();
    let disk = disk.power_cut(|_| false);
    drop(opened);
    let opened = start(&disk);
    assert_eq!((listed(&opened), opened.report.dead_letters), (letters, 1));
    assert_eq!(opened.report.poison, [], "no start comes across it again");
}

#[test]
fn a_snapshot_buries_what_waits_for_room() {
    let (disk, _) = full_with_something_to_bury();
    let mut opened = start(&disk);
    disk.set_full(false);
    opened.snapshotter.save().unwrap();
    let disk = disk.power_cut(|_| false);
    drop(opened);
    let opened = start(&disk);
    let found = (opened.report.poison.len(), opened.report.dead_letters);
    assert_eq!(found, (0, 1), "the snapshot covers it, and it is buried");
}

#[test]
fn a_start_takes_no_room_when_the_last_write_is_whole() {
    let (disk, mut written, mut history) = killed(5, false);
    disk.set_full(true);
    let mut store = open_sim(&disk);
    assert_eq!(all(&store), written);
    // The room that was reserved is still there.
    let next = entry(&mut history);
    append(&mut store, &[Arc::clone(&next)]).unwrap();
    written.push(next);
    drop(store);
    assert_eq!(all(&open_sim(&disk)), written);
}

#[test]
fn a_start_takes_no_room_that_grows_with_the_log() {
    let taken = [5, 2_000].map(|entries| {
        let (disk, written, mut history) = killed(entries, true);
        let before = disk.used();
        // A header, and a letter.
        disk.set_capacity(Some(before + 4 * 512));
        let mut store = open_sim(&disk);
        assert_eq!(store.findings.len(), 1, "it is settled at once");
        assert_eq!(all(&store), written);
        append(&mut store, &[entry(&mut history)]).unwrap();
        disk.used().saturating_sub(before)
    });
    assert!(taken.iter().all(|&taken| taken <= 4 * 512), "{taken:?}");
}

#[test]
fn room_is_reserved_for_real() {
    let disk = SimDisk::new(1);
    let mut history = History::new();
    let mut store = open_sim(&disk);
    append(&mut store, &[entry(&mut history)]).unwrap();
    disk.set_full(true);
    let mut groups = 0;
    while append(&mut store, &[entry(&mut history)]).is_ok() {
        groups += 1;
    }
    assert!(groups > 8, "{groups} groups had room");
    assert_eq!(
        disk.calls_of(Call::Extend),
        3,
        "no group has failed in the middle of a write"
    );
}

#[test]
fn a_snapshot_that_does_not_fit_is_not_begun() {
    let disk = SimDisk::new(1);
    let mut history = History::new();
    let mut store = open_sim(&disk);
    let epoch = store.log.epoch();
    let save = |history: &mut History, store: &mut FileStore| {
        append(store, &[entry(history)]).unwrap();
        let image = history.ledger().freeze();
        store.snapshots.save(&Snapshot {
            epoch,
            replaces: None,
            image,
        })
    };
    let saved = save(&mut history, &mut store).unwrap();
    let room = saved.bytes + OPTIONS.reserve_bytes;
    disk.set_capacity(Some(disk.used() + room - 1));
    let created = disk.calls_of(Call::Create);
    save(&mut history, &mut store).unwrap_err();
    assert_eq!(disk.calls_of(Call::Create), created, "it was begun");
    // A quota shows only when it is used up.
    disk.set_capacity(None);
    disk.arm(Some(Call::Create), 1, Fault::ShortThenNoSpace);
    save(&mut history, &mut store).unwrap_err();
    disk.arm(Some(Call::Sync), 2, Fault::NoSpace);
    save(&mut history, &mut store).unwrap_err();
    assert!(!disk.names().iter().any(|name| name.ends_with(".tmp")));
    save(&mut history, &mut store).unwrap();
}

/// Runs in a process of its own: the limit holds for all of it.
#[test]
fn a_file_that_may_not_grow_is_a_full_disk() {
    const CHILD: &str = "FULL_DISK_CHILD";
    const NAME: &str = "a_file_that_may_not_grow_is_a_full_disk";
    if std::env::var_os(CHILD).is_none() {
        // The signal that comes with the error would end the process.
        let ended = Command::new("sh")
            .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"])
            .arg(std::env::current_exe().unwrap())
            .args([NAME, "--exact", "--nocapture"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ended.stdout);
        assert!(
            ended.status.success() && said.contains("1 passed"),
            "{ended:?}"
        );
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut store = open(directory.path(), OPTIONS).unwrap();
    let whole = getrlimit(Resource::Fsize);
    let limited = Rlimit {
        current: Some(40_000),
        ..whole
    };
    setrlimit(Resource::Fsize, limited).unwrap();
    let (mut history, mut written) = (History::new(), Vec::new());
    let refused = loop {
        let next = entry(&mut history);
        match append(&mut store, std::slice::from_ref(&next)) {
            Ok(()) => written.push(next),
            Err(error) => break (error, next),
        }
    };
    assert!(
        matches!(refused.0, AppendError::NotWritten { .. }),
        "{:?}",
        refused.0
    );
    assert!(written.len() > 20, "{} entries", written.len());
    assert_eq!(all(&store), written);
    setrlimit(Resource::Fsize, whole).unwrap();
    append(&mut store, std::slice::from_ref(&refused.1)).unwrap();
    written.push(refused.1);
    drop(store);
    assert_eq!(all(&open(directory.path(), OPTIONS).unwrap()), written);
}
