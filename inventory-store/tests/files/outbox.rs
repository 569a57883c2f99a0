//! The outbox's file after a crash, and after damage.

use std::sync::Arc;

use inventory_log::disk::Directory;
use inventory_log::testing::SimDisk;
use inventory_store::outbox::{Change, DurableOutbox, OnConflict, OpenError, Reason, Record, Torn};

use crate::damage::flips;
use crate::intents::{LIMITS, at, intent, key};

const FILE: &str = "outbox.log.jsonl";

/// What an outbox is, without what is only in memory.
type Content = Vec<Record>;

/// A file, and what had been acknowledged when it was so long.
struct Written {
    bytes: Vec<u8>,
    /// Length of the file and content, after opening and after each group.
    acknowledged: Vec<(usize, Content)>,
}

fn open(disk: &SimDisk) -> Result<(DurableOutbox, Option<Torn>), OpenError> {
    let directory = Directory::lock(Arc::new(disk.clone())).unwrap().unwrap();
    DurableOutbox::open(&directory, LIMITS, OnConflict::Rebase)
}

fn content(outbox: &DurableOutbox) -> Content {
    outbox.outbox().records().collect()
}

/// Writes some groups over an outbox that had something in it when it was opened.
fn write() -> Written {
    let disk = SimDisk::new(1);
    let enqueue = |number| Change::Enqueue(intent(number, number % 2, number == 3, true, 5));
    let reason = || Reason::new("unprocessable", "there are 0, \"too few\"");
    let park = |number| Change::Park {
        key: key(number),
        reason: reason(),
    };
    let conflict = Change::Conflict {
        key: key(4),
        reason: reason(),
    };
    let retry = Change::Retry {
        key: key(1),
        version: None,
    };
    let (mut outbox, _) = open(&disk).unwrap();
    for change in [enqueue(0), enqueue(1), park(1)] {
        outbox.change(change, at(5)).unwrap();
    }
    drop(outbox);

    let (mut outbox, _) = open(&disk).unwrap();
    let length = || disk.content(FILE).unwrap().len();
    let mut acknowledged = vec![(length(), content(&outbox))];
    for group in [
        vec![enqueue(2), enqueue(3), enqueue(4)],
        vec![conflict],
        vec![Change::Settle(key(0)), park(2), retry],
        vec![Change::Discard(key(2))],
        vec![enqueue(5)],
    ] {
        let answers = outbox.change_all(&group, at(6));
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        acknowledged.push((length(), content(&outbox)));
    }
    Written {
        bytes: disk.content(FILE).unwrap(),
        acknowledged,
    }
}

/// Opens a directory with this file. When it is refused, nothing has changed.
fn reopen(bytes: &[u8]) -> Result<(Content, Option<Torn>), OpenError> {
    let disk = SimDisk::new(1);
    disk.put(FILE, bytes.to_vec());
    let opened = open(&disk);
    match opened {
        Ok((outbox, torn)) => {
            let found = content(&outbox);
            drop(outbox);
            if let Some(torn) = &torn {
                let kept = disk.content("outbox.torn").unwrap();
                assert_eq!(kept, torn.bytes);
            }
            let (again, nothing) = open(&disk).unwrap();
            assert_eq!((content(&again), nothing), (found.clone(), None));
            Ok((found, torn))
        }
        Err(error) => {
            assert_eq!(disk.content(FILE).unwrap(), bytes);
            assert!(disk.content("outbox.torn").is_none());
            Err(error)
        }
    }
}

#[test]
fn a_file_cut_at_any_byte_has_all_that_was_acknowledged_by_then() {
    let Written {
        bytes,
        acknowledged,
    } = write();
    let base = acknowledged[0].0;
    assert_eq!(acknowledged.last().unwrap().0, bytes.len());
    for cut in 0..bytes.len() {
        let opened = reopen(&bytes[..cut]);
        if cut < base - 1 {
            // These bytes came by a rename: no crash leaves a part of them.
            assert!(matches!(opened, Err(OpenError::Damaged { .. })), "{cut}");
            continue;
        }
        let (found, torn) = opened.unwrap();
        // A group is in the file when all but its newline is.
        let whole = acknowledged.iter().rfind(|(length, _)| length - 1 <= cut);
        let (length, expected) = whole.unwrap();
        assert_eq!(&found, expected, "cut at {cut}");
        assert_eq!(torn.is_some(), cut > *length, "cut at {cut}");
    }
}

/// A write of which the system wrote the end and not the beginning, as it may.
#[test]
fn a_last_line_with_a_hole_is_cut() {
    let Written {
        bytes,
        acknowledged,
    } = write();
    let (before, expected) = &acknowledged[acknowledged.len() - 2];
    for end in before + 1..bytes.len() {
        let mut holed = bytes.clone();
        holed[*before..end].fill(0);
        let (found, torn) = reopen(&holed).unwrap();
        assert_eq!(&found, expected);
        let torn = torn.unwrap();
        assert_eq!(
            (torn.offset, torn.bytes),
            (*before as u64, holed[*before..].to_vec())
        );
    }
}

#[test]
fn a_flipped_bit_is_told_or_changes_nothing() {
    let Written {
        bytes,
        acknowledged,
    } = write();
    let [.., (last_line, before), (_, all)] = &acknowledged[..] else {
        panic!("there are several groups");
    };
    for (place, damaged) in flips(&bytes) {
        match reopen(&damaged) {
            Err(OpenError::Damaged { file, line, .. }) => {
                let lines = bytes[..place].iter().filter(|&&byte| byte == b'\n');
                let damaged_line = lines.count() as u64 + 1;
                assert_eq!((file, line), (FILE, damaged_line), "byte {place}");
            }
            Err(other) => panic!("byte {place}: {other}"),
            // Of the last line nobody can say whether it was ever whole.
            Ok((found, Some(torn))) => {
                assert!(place >= *last_line && torn.offset == *last_line as u64);
                assert_eq!(&found, before, "byte {place}");
            }
            Ok((found, None)) => {
                assert_eq!(place, bytes.len() - 1, "only the last newline says nothing");
                assert_eq!(&found, all);
            }
        }
    }
}

#[test]
fn lines_that_are_missing_or_repeated_are_told() {
    let Written { bytes, .. } = write();
    let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
    for at in 0..lines.len() - 1 {
        let mut missing = lines.clone();
        missing.remove(at);
        assert!(reopen(&missing.concat()).is_err(), "without line {at}");
        let mut repeated = lines.clone();
        repeated.insert(at, lines[at]);
        assert!(reopen(&repeated.concat()).is_err(), "line {at} twice");
    }
}

#[test]
fn a_newer_format_is_refused_by_its_name() {
    let mut header = b"{\"format\":2,\"more\":[]".to_vec();
    let crc = crc32fast::hash(&header);
    header.extend_from_slice(format!(",\"crc\":\"{crc:08x}\"}}\nwhatever").as_bytes());
    let refused = reopen(&header);
    assert!(matches!(
        refused,
        Err(OpenError::NewerFormat { found: 2, .. })
    ));
}
