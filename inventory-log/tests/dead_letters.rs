//! Dead letters in numbers and sizes that nobody expects, as after a rollback to an older program.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use inventory_core::conformance::{History, adjust};
use inventory_core::machine::Request;
use inventory_core::ports::{
    CONTENT_BYTES_MAX, DeadLetter, DeadLetters, EventLog, Resolution, Resolved,
};
use inventory_core::vocabulary::Timestamp;
use inventory_log::SystemClock;
use inventory_log::file::{FileOptions, FileStore, OpenError, open_dead_letters, open_on};
use inventory_log::testing::{Call, SimDisk};

const ACTIVE: &str = "events.log.jsonl";

fn open(disk: &SimDisk) -> FileStore {
    open_on(Arc::new(disk.clone()), &SystemClock, FileOptions::default()).unwrap()
}

#[test]
fn many_letters_take_one_sync() {
    let letter = |number: u64| {
        let (id, reason) = (number.to_string(), "of a later program".to_owned());
        DeadLetter::new(id, reason, Timestamp::UNIX_EPOCH, b"{}")
    };
    let letters: Vec<_> = (0..5_000).map(letter).collect();
    let disk = SimDisk::new(1);
    let mut store = open(&disk);
    store.dead_letters.bury(&letters[..1]).unwrap();
    let syncs = disk.calls_of(Call::Sync);
    store.dead_letters.bury(&letters).unwrap();
    assert_eq!(disk.calls_of(Call::Sync), syncs + 1);
    let calls = disk.calls_of(Call::Write);
    store.dead_letters.bury(&letters).unwrap();
    assert_eq!(disk.calls_of(Call::Write), calls, "they are there");
    drop(store);
    let disk = disk.power_cut(|_| false);
    assert_eq!(open(&disk).dead_letters.letters().unwrap(), letters);
}

#[test]
fn a_letter_keeps_the_beginning_of_a_torn_write_of_any_size() {
    let lines = || (0..9_000).map(|_| adjust("tea", "north", 1)).collect();
    let disk = SimDisk::new(1);
    let mut store = open(&disk);
    let request = Request::new("large".parse().unwrap(), lines()).unwrap();
    let entry = History::new().write(&request);
    store
        .log
        .append(store.log.head().sequence, &[entry])
        .unwrap();
    let next = disk.kill();
    drop(store);
    let mut content = next.content(ACTIVE).unwrap();
    let start = content.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    let end = content.iter().rposition(|&byte| byte == b'}').unwrap();
    content[end..].fill(0);
    let torn = content[start..end].to_vec();
    assert!(torn.len() > 10 * CONTENT_BYTES_MAX);
    next.put(ACTIVE, content);

    let store = open(&next);
    let letters = store.dead_letters.letters().unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].content, torn[..CONTENT_BYTES_MAX]);
    assert_eq!(letters[0].content_bytes, torn.len() as u64);
    let crc = format!("{:08x}", crc32fast::hash(&torn));
    assert!(letters[0].id.ends_with(&crc), "the id is of all of it");
    assert_eq!(store.findings[0].bytes, torn.len() as u64);
}

#[test]
fn letters_are_resolved_in_a_directory_that_is_there_and_none_is_made_for_them() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("data");
    let refused = open_dead_letters(&path).unwrap_err();
    assert!(matches!(refused, OpenError::Io(_)), "{refused:?}");
    assert!(!path.exists());

    let store = inventory_log::file::open(&path, FileOptions::default());
    let mut letters = store.unwrap().dead_letters;
    let letter = DeadLetter::new("1".to_owned(), String::new(), Timestamp::UNIX_EPOCH, b"{}");
    letters.bury(&[letter]).unwrap();
    let refused = open_dead_letters(&path).unwrap_err();
    assert!(matches!(refused, OpenError::InUse), "{refused:?}");
    drop(letters);
    let resolution = Resolution {
        resolved_at: Timestamp::UNIX_EPOCH,
        note: "counted".to_owned(),
    };
    let resolved = open_dead_letters(&path).unwrap().resolve("1", &resolution);
    assert_eq!(resolved.unwrap(), Resolved::Now);
}
