//! Inspection of a directory: while another process writes to it, damaged, and copied.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use inventory_core::conformance::{History, adjust, assert_same_image};
use inventory_core::engine::{Engine, Opened, Settings};
use inventory_core::machine::{Entry, Request};
use inventory_core::ports::{Clock as _, EventLog as _, Snapshot, SnapshotStore as _};
use inventory_core::vocabulary::{Sequence, Timestamp};
use inventory_log::SystemClock;
use inventory_log::file::inspect::{
    CopyError, Depth, FaultKind, Followed, Follower, Verified, View, copy, verify,
};
use inventory_log::file::{FileOptions, FileStore, open};

const SMALL: FileOptions = FileOptions::new()
    .with_segment_bytes(3_000)
    .with_reserve_bytes(1_024)
    .with_prefill_bytes(512);

/// A store and the history that was written to it.
struct Shop {
    directory: tempfile::TempDir,
    history: History,
    store: FileStore,
}

impl Shop {
    fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self {
            store: open(directory.path(), SMALL).unwrap(),
            history: History::new(),
            directory,
        }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn sell(&mut self, requests: usize) -> Vec<Arc<Entry>> {
        let sold = (0..requests).map(|_| {
            let key = format!("k{}", self.history.ledger().head().sequence);
            let lines = vec![adjust("tea", "north", 1), adjust("rice", "south", 2)];
            let request = Request::new(key.parse().unwrap(), lines).unwrap();
            let head = self.history.ledger().head().sequence;
            let entry = self.history.write(&request);
            self.store.log.append(head, &[Arc::clone(&entry)]).unwrap();
            entry
        });
        sold.collect()
    }

    fn save(&mut self) {
        let snapshot = Snapshot {
            epoch: self.store.log.epoch(),
            replaces: None,
            image: self.history.ledger().freeze(),
        };
        self.store.snapshots.save(&snapshot).unwrap();
    }

    /// Some sealed segments with their indexes, a snapshot in the middle and a log that goes on.
    fn full() -> Self {
        let mut shop = Self::open();
        shop.sell(20);
        shop.save();
        shop.sell(20);
        shop.save();
        shop.sell(3);
        shop
    }
}

fn verified(path: &Path) -> Verified {
    let view = View::open(path, Depth::Everything).unwrap();
    verify(&view, &mut |_| {}).unwrap()
}

fn content(path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries
        .map(|path| (path.clone(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn what_is_healthy_is_verified_while_it_is_open_and_after_and_nothing_is_written() {
    let shop = Shop::full();
    let before = content(shop.path());
    let view = View::open(shop.path(), Depth::Everything).unwrap();
    let found = verify(&view, &mut |_| {}).unwrap();
    assert_eq!((view.in_use(), &found.faults), (true, &Vec::new()));
    assert_eq!(found.events, 86);
    assert!(
        found.snapshots_compared == 2 && found.indexes > 3,
        "{found:?}"
    );
    assert_eq!(view.head(), shop.history.ledger().head());
    assert_eq!(content(shop.path()), before);
    let Shop {
        directory, store, ..
    } = shop;
    drop(store);
    let view = View::open(directory.path(), Depth::Ends).unwrap();
    assert!(!view.in_use());
    assert_eq!(verified(directory.path()).faults, Vec::new());
}

#[test]
fn a_flipped_bit_of_any_file_is_found_where_it_is() {
    let Shop {
        directory, store, ..
    } = Shop::full();
    drop(store);
    let mut kinds = 0;
    for (path, whole) in content(directory.path()) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let kind = match name.as_str() {
            name if name.ends_with(".index") => FaultKind::Index,
            name if name.starts_with("events") => FaultKind::Log,
            name if name.starts_with("state") => FaultKind::Snapshot,
            _ => continue,
        };
        kinds += 1;
        // The last two bytes of a segment are newlines, and a flipped one of these is padding, or no harm.
        for at in (0..whole.len() - 2).step_by(whole.len() / 23 + 1) {
            let mut flipped = whole.clone();
            flipped[at] ^= 4;
            fs::write(&path, &flipped).unwrap();
            let faults = verified(directory.path()).faults;
            let named = faults
                .iter()
                .find(|fault| fault.file == name && fault.kind == kind);
            let named = named.unwrap_or_else(|| panic!("{name}, byte {at}: {faults:?}"));
            // A snapshot has one checksum, which is at its end.
            let before = kind == FaultKind::Snapshot || named.offset <= at as u64;
            assert!(before, "{name}, byte {at}: {named:?}");
        }
        fs::write(&path, &whole).unwrap();
    }
    assert!(kinds > 6, "{kinds}");
    assert_eq!(verified(directory.path()).faults, Vec::new());
}

#[test]
fn a_record_that_was_written_anew_does_not_follow() {
    let Shop {
        directory, store, ..
    } = Shop::full();
    drop(store);
    let (path, whole) = content(directory.path())
        .into_iter()
        .find(|(path, _)| path.to_str().unwrap().ends_with("01.log.jsonl"))
        .unwrap();
    // Somebody has changed a number, and the checksum with it.
    let text = String::from_utf8(whole).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let (line, _) = lines[2].rsplit_once(",\"crc\"").unwrap();
    let line = line.replacen("\"delta\":2", "\"delta\":3", 1);
    lines[2] = format!("{line},\"crc\":\"{:08x}\"}}", crc32(line.as_bytes()));
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    let faults = verified(directory.path()).faults;
    let offset = (lines[0].len() + lines[1].len() + 2) as u64;
    assert!(
        faults
            .iter()
            .any(|fault| fault.kind == FaultKind::Log && fault.offset == offset),
        "{offset}: {faults:?}"
    );
}

/// IEEE 802.3, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| match crc & 1 {
            1 => crc >> 1 ^ 0xedb8_8320,
            _ => crc >> 1,
        })
    })
}

#[test]
fn a_copy_is_what_was_there_and_a_restored_one_has_its_past_under_a_new_epoch() {
    let shop = Shop::full();
    let copies = tempfile::tempdir().unwrap();
    let (plain, anew) = (copies.path().join("plain"), copies.path().join("anew"));
    fs::create_dir(&plain).unwrap();
    fs::create_dir(&anew).unwrap();
    let view = View::open(shop.path(), Depth::Ends).unwrap();
    let copied = copy(&view, &plain, None, &mut |_| {}).unwrap();
    assert_eq!(copied.epoch, view.epoch());
    let now = Timestamp::from_millis(1).unwrap();
    let restored = copy(&view, &anew, Some(now), &mut |_| {}).unwrap();
    assert_ne!(restored.epoch, view.epoch());
    for (path, epoch) in [(&plain, copied.epoch), (&anew, restored.epoch)] {
        assert_eq!(verified(path).faults, Vec::new());
        let ports = open(path, SMALL).unwrap().into_ports();
        // The history was written in 1970.
        let settings = Settings::default().with_accept_time(Some(SystemClock.now()));
        let Opened { engine, report, .. } = Engine::open(ports, settings).unwrap();
        assert!(
            !report.is_degraded() && report.from_snapshot.is_some(),
            "{report:?}"
        );
        let reader = engine.reader();
        assert_eq!((reader.epoch(), reader.floor()), (epoch, Sequence::START));
        assert_same_image(&reader.image(), &shop.history.ledger().freeze());
        let past = reader.subscribe(Sequence::START).take(1_000).unwrap();
        assert_eq!(past.len(), 43, "all that was written can be read");
    }
    let old = View::open(&anew, Depth::Ends).unwrap().replaces();
    assert_eq!(old, Some(view.epoch()));
}

#[test]
fn a_follower_sees_every_record_once_however_segments_change() {
    let mut shop = Shop::full();
    let mut follower = Follower::new(shop.path(), shop.store.log.epoch(), Sequence::new(10));
    let mut seen = Vec::new();
    let mut written = 86;
    for _ in 0..10 {
        let followed = follower.look(&mut |record| {
            seen.push(record.entry.unwrap().first.number());
            ControlFlow::Continue(())
        });
        assert_eq!(followed.unwrap(), Followed::End);
        assert_eq!(seen, (11..=written).step_by(2).collect::<Vec<_>>());
        shop.sell(7);
        written += 14;
    }
    let mut behind = Follower::new(shop.path(), shop.store.log.epoch(), Sequence::START);
    shop.save();
    shop.store.log.purge(Sequence::new(40)).unwrap();
    assert_eq!(
        behind.look(&mut |_| ControlFlow::Continue(())).unwrap(),
        Followed::Purged
    );
}

#[test]
fn a_follower_goes_on_while_the_active_segment_has_another_name() {
    let mut shop = Shop::open();
    let mut follower = Follower::new(shop.path(), shop.store.log.epoch(), Sequence::START);
    let active = shop.path().join("events.log.jsonl");
    let sealed = shop.path().join("events-00000000000000000001.log.jsonl");
    let mut seen = 0;
    for renamed in [false, true, false] {
        shop.sell(1);
        if renamed {
            fs::rename(&active, &sealed).unwrap();
        }
        let followed = follower.look(&mut |_| {
            seen += 1;
            ControlFlow::Continue(())
        });
        assert_eq!(followed.unwrap(), Followed::End);
        if renamed {
            fs::rename(&sealed, &active).unwrap();
        }
    }
    assert_eq!(seen, 3);
}

#[test]
fn records_from_a_time_on_are_shown_from_the_segment_that_has_the_first_of_them() {
    let mut shop = Shop::open();
    let sold = shop.sell(40);
    let view = View::open(shop.path(), Depth::Ends).unwrap();
    let firsts: Vec<_> = view.segments().map(|segment| segment.first).collect();
    assert!(firsts.len() > 3, "{firsts:?}");
    // Among them are the last of each segment.
    for entry in &sold {
        let mut shown = Vec::new();
        view.each_record(Sequence::START, entry.recorded_at, &mut |record| {
            shown.push(record.entry.unwrap().first);
            ControlFlow::Continue(())
        })
        .unwrap();
        let segment = firsts.iter().rfind(|&&first| first <= entry.first);
        let expected = sold.iter().map(|entry| entry.first);
        assert!(
            shown
                .into_iter()
                .eq(expected.skip_while(|first| first < segment.unwrap()))
        );
    }
}

#[test]
fn a_log_that_was_purged_is_verified_from_the_first_snapshot_that_it_goes_back_to() {
    let mut shop = Shop::open();
    while View::open(shop.path(), Depth::Ends)
        .unwrap()
        .segments()
        .count()
        == 1
    {
        shop.sell(1);
    }
    shop.save();
    let sealed = shop.history.ledger().head().sequence;
    shop.sell(20);
    shop.save();
    // The older snapshot is right before the first record; then it is of what was given up; then it is among the records.
    for (events, compared) in [(0, 1), (60, 0), (60, 1)] {
        // One segment each time.
        for _ in 0..10 {
            shop.store.log.purge(sealed.plus(events)).unwrap();
        }
        let found = verified(shop.path());
        assert_eq!(
            (found.snapshots_compared, found.faults),
            (compared, Vec::new())
        );
        shop.sell(20);
        shop.save();
    }
}

#[test]
fn a_damaged_snapshot_is_not_copied_and_the_other_one_is_enough_to_verify_the_log() {
    let Shop {
        directory, store, ..
    } = Shop::full();
    drop(store);
    for name in ["state.json", "state.older.json"] {
        let path = directory.path().join(name);
        let whole = fs::read(&path).unwrap();
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        fs::write(&path, flipped).unwrap();
        let found = verified(directory.path());
        let faults: Vec<_> = found
            .faults
            .iter()
            .map(|fault| (fault.kind, &*fault.file))
            .collect();
        assert_eq!(faults, [(FaultKind::Snapshot, name)]);
        assert_eq!((found.snapshots_compared, found.events), (1, 86));
        let view = View::open(directory.path(), Depth::Ends).unwrap();
        for anew in [None, Some(SystemClock.now())] {
            let to = tempfile::tempdir().unwrap();
            let refused = copy(&view, to.path(), anew, &mut |_| {}).unwrap_err();
            assert!(
                matches!(refused, CopyError::Snapshot { file, .. } if file == name),
                "{refused:?}"
            );
        }
        fs::write(&path, whole).unwrap();
    }
}

#[test]
fn who_looks_keeps_no_owner_out() {
    let shop = Shop::full();
    let Shop {
        directory, store, ..
    } = shop;
    drop(store);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    View::open(directory.path(), Depth::Ends).unwrap();
                }
            });
        }
        let opened = (0..200).map(|_| open(directory.path(), SMALL).map(drop));
        let opened: Result<Vec<()>, _> = opened.collect();
        done.store(true, Ordering::Relaxed);
        opened.unwrap();
    });
}
