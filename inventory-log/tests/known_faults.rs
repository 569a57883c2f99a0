//! Known faults of logs in files, each with what goes wrong elsewhere. Those that have nothing to do with files are tested with
//! the core.

use std::fs;
use std::path::Path;

use inventory_core::conformance::adjust;
use inventory_core::engine::{Engine, Settings};
use inventory_core::machine::{Entry, Request};
use inventory_core::ports::EventLog;
use inventory_core::vocabulary::{Sequence, Version};
use inventory_log::file::{self, FileOptions, FileStore, FindingKind};
use tempfile::TempDir;

const ACTIVE: &str = "events.log.jsonl";

fn open(directory: &TempDir) -> FileStore {
    let opened = file::open(directory.path(), FileOptions::default());
    opened.expect("a torn write is no damage")
}

fn engine(store: FileStore) -> Engine {
    let opened = Engine::open(store.into_ports(), Settings::default());
    opened.expect("a torn write is no damage").engine
}

/// Delivers one unit of tea under a key of its own.
fn deliver(engine: &mut Engine, number: u64) -> Entry {
    let key = format!("delivery-{number}").parse().expect("a plain key");
    let lines = vec![adjust("tea", "north", 1)];
    let request = Request::new(key, lines).expect("a request has lines");
    let answers = engine.submit([&request]).expect("the disk has room");
    let receipt = answers[0].as_ref().expect("stock may grow");
    assert!(!receipt.replayed);
    Entry::clone(&receipt.entry)
}

/// What a process leaves behind that was killed: its files as they are while it runs.
fn killed(directory: &Path) -> TempDir {
    let left = tempfile::tempdir().expect("there is room for a directory");
    for entry in fs::read_dir(directory).expect("the directory is there") {
        let path = entry.expect("the directory is there").path();
        let name = path.file_name().expect("it is a file");
        fs::copy(&path, left.path().join(name)).expect("there is room for a copy");
    }
    left
}

/// Positions of the start of the last record, and of its newline.
fn last_record(bytes: &[u8]) -> (usize, usize) {
    let newline = bytes
        .iter()
        .rposition(|&byte| byte == b'}')
        .expect("there is a record")
        + 1;
    let before = bytes[..newline].iter().rposition(|&byte| byte == b'\n');
    (before.expect("there is a header") + 1, newline)
}

/// A directory in which three deliveries were written, the last one only up to `kept` of its bytes: what follows is
/// still the zeros that were there before.
fn torn(kept: impl Fn(usize) -> usize) -> TempDir {
    let directory = tempfile::tempdir().expect("there is room for a directory");
    let mut engine = engine(open(&directory));
    for number in 1..=3 {
        deliver(&mut engine, number);
    }
    let left = killed(directory.path());
    let path = left.path().join(ACTIVE);
    let mut bytes = fs::read(&path).expect("the log is there");
    let (start, newline) = last_record(&bytes);
    bytes[start + kept(newline - start)..=newline].fill(0);
    fs::write(&path, bytes).expect("there is room for it");
    left
}

/// The lines of a log that end with a newline, without its headers.
fn records(directory: &TempDir) -> Vec<String> {
    let files = fs::read_dir(directory.path()).expect("the directory is there");
    let mut segments: Vec<_> = files
        .map(|file| file.expect("the directory is there").path())
        .filter(|path| {
            path.to_str()
                .is_some_and(|name| name.ends_with(".log.jsonl"))
        })
        .collect();
    // Those that are sealed come first.
    segments.sort_by_key(|path| (path.ends_with(ACTIVE), path.clone()));
    let mut records = Vec::new();
    for path in segments {
        let text = fs::read_to_string(path).expect("the log is text");
        let lines = text.split_inclusive('\n').skip(1);
        let whole = lines.filter_map(|line| line.strip_suffix('\n'));
        records.extend(whole.filter(|line| !line.is_empty()).map(str::to_owned));
    }
    records
}

/// Goes on after a torn third delivery: asks for it again, then for one more, and finds four whole records.
fn expect_to_go_on(directory: &TempDir) {
    let store = open(directory);
    let kinds: Vec<_> = store.findings.iter().map(|finding| finding.kind).collect();
    assert_eq!(kinds, [FindingKind::TornWrite]);
    let mut engine = engine(store);
    assert_eq!(engine.reader().head().sequence.number(), 2);
    for number in 3..=4 {
        let entry = deliver(&mut engine, number);
        assert_eq!(entry.first.number(), number, "no position is given twice");
        let version = entry.events[0].version().map(Version::number);
        assert_eq!(version, Some(number));
    }
    drop(engine);

    let store = open(directory);
    assert_eq!(store.findings, []);
    let entries = store.log.reader().read(Sequence::START, usize::MAX);
    let entries = entries.expect("nothing is damaged");
    let positions: Vec<_> = entries.iter().map(|entry| entry.first.number()).collect();
    assert_eq!(positions, [1, 2, 3, 4]);
    let records = records(directory);
    assert_eq!(records.len(), 4);
    for (record, position) in records.iter().zip(positions) {
        assert!(
            record.starts_with(&format!("{{\"seq\":{position},")),
            "{record}"
        );
        assert_eq!(
            record.matches("\"seq\":").count(),
            1,
            "two in one line: {record}"
        );
        assert!(record.ends_with('}'), "{record}");
    }
}

/// Elsewhere the next sequence is read from the last line when a program starts. A line that a crash has torn cannot be
/// parsed, the error is taken for an empty log, and the sequence starts again at 1: followers skip what they believe to
/// have seen. Here the torn line, which was never acknowledged, is cut off, and its position is given to the next.
#[test]
fn a_torn_last_line_does_not_make_the_sequence_restart() {
    for kept in [1, 8, 100] {
        expect_to_go_on(&torn(|_| kept));
    }
    expect_to_go_on(&torn(|whole| whole - 1));
}

/// Elsewhere a record counts once it can be parsed, and a crash may have kept all of it but its newline. The next
/// append begins in the same line, the two cannot be parsed as one, and the next start drops both, of which the second
/// was acknowledged. Here the newline is part of the record: without it nothing was written.
#[test]
fn a_record_without_its_newline_is_not_glued_to_the_next() {
    expect_to_go_on(&torn(|whole| whole));
}
