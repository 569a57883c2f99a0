//! Directories that earlier releases wrote are opened, read, and gone on with.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use inventory_core::conformance::{adjust, count};
use inventory_core::engine::{Engine, Opened, Settings};
use inventory_core::machine::{Annotations, Request};
use inventory_core::vocabulary::{Reason, Sequence, Version};
use inventory_log::file::{self, FileOptions};
use tempfile::TempDir;

/// Few bytes, so that what is written here is sealed soon.
const OPTIONS: FileOptions = FileOptions {
    segment_bytes: 2_000,
    reserve_bytes: 1_024,
    prefill_bytes: 512,
    recovery: inventory_core::engine::Recovery::Strict,
};

/// A copy of a directory that a release has written with format 1: eight requests of two lines, a snapshot after the fifth,
/// a sealed segment, and a dead letter.
fn written_with_format_1() -> TempDir {
    let copy = TempDir::new().unwrap();
    let fixture = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/format-1");
    for file in fs::read_dir(fixture).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    copy
}

/// The format that the first line of a file names.
fn format(directory: &Path, name: &str) -> String {
    let bytes = fs::read(directory.join(name)).unwrap();
    let first = bytes.split(|&byte| byte == b',').next().unwrap();
    String::from_utf8(first.to_vec()).unwrap()
}

fn open(directory: &Path) -> Opened {
    let store = file::open(directory, OPTIONS).unwrap();
    Engine::open(store.into_ports(), Settings::default()).unwrap()
}

fn first_request() -> Request {
    let lines = vec![count("tea", "north", 107), adjust("rice \"ä\"", "south", 2)];
    Request::new("key-7".parse().unwrap(), lines).unwrap()
}

#[test]
fn a_directory_of_format_1_has_what_was_written_and_takes_more() {
    let directory = written_with_format_1();
    let Opened {
        mut engine, report, ..
    } = open(directory.path());
    assert_eq!(report.from_snapshot, Some(Sequence::new(10)));
    assert_eq!((report.events_replayed, report.dead_letters), (6, 1));
    let reader = engine.reader();
    assert_eq!(reader.head().sequence, Sequence::new(16));
    let stock = reader.read(|ledger| {
        let product = ledger.product(&"rice \"ä\"".parse().unwrap()).unwrap();
        (product.total().units(), product.version())
    });
    assert_eq!(stock, (16, Version::new(8).unwrap()));
    let entries = reader.subscribe(Sequence::START).take(usize::MAX).unwrap();
    assert_eq!(entries.len(), 8);
    let traced = entries.iter().filter(|entry| entry.annotations.is_some());
    assert_eq!(traced.count(), 3);

    let replayed = engine.submit([&first_request()]).unwrap().remove(0);
    assert!(replayed.unwrap().replayed, "keys are remembered");
    let remark = Annotations {
        reason: Some(Reason::Damage),
        ..Annotations::default()
    };
    let broken = Request::unkeyed(vec![adjust("tea", "north", -1)]).unwrap();
    let broken = broken.annotated(remark.clone());
    engine.submit([&broken]).unwrap().remove(0).unwrap();
    drop(engine);
    let Opened { engine, .. } = open(directory.path());
    let last = engine
        .reader()
        .subscribe(Sequence::new(16))
        .take(1)
        .unwrap();
    assert_eq!(last[0].annotations.as_deref(), Some(&remark));
}

#[test]
fn nothing_is_appended_to_a_segment_of_an_earlier_format() {
    let directory = written_with_format_1();
    let format = |name: &str| format(directory.path(), name);
    assert_eq!(format("events.log.jsonl"), r#"{"format":1"#);
    drop(open(directory.path()));
    assert_eq!(format("events.log.jsonl"), r#"{"format":2"#);
    let sealed = "events-00000000000000000001.log.jsonl";
    assert_eq!(format(sealed), r#"{"format":1"#);
    let Opened {
        mut snapshotter,
        mut engine,
        ..
    } = open(directory.path());
    engine
        .submit([&Request::unkeyed(vec![adjust("tea", "north", -1)]).unwrap()])
        .unwrap();
    snapshotter.save().unwrap();
    assert_eq!(format("state.json"), r#"{"format":2"#);
}

/// The earlier release may have been interrupted between two renames; what it left is an active segment of its format.
#[test]
fn a_sealing_that_an_earlier_release_began_ends_in_a_segment_of_this_format() {
    let directory = written_with_format_1();
    let active = directory.path().join("events.log.jsonl");
    let bytes = fs::read(&active).unwrap();
    let header = bytes.split_inclusive(|&byte| byte == b'\n').next().unwrap();
    let next = directory.path().join("events.log.jsonl.tmp");
    fs::write(&next, [header, b"\n"].concat()).unwrap();
    fs::remove_file(&active).unwrap();
    let Opened { mut engine, .. } = open(directory.path());
    assert_eq!(engine.reader().head().sequence, Sequence::new(10));
    assert_eq!(
        format(directory.path(), "events.log.jsonl"),
        r#"{"format":2"#
    );
    assert!(!next.exists());
    let more = Request::unkeyed(vec![adjust("tea", "north", 1)]).unwrap();
    engine.submit([&more]).unwrap().remove(0).unwrap();
    drop(engine);
    let Opened { engine, .. } = open(directory.path());
    assert_eq!(engine.reader().head().sequence, Sequence::new(11));
}
