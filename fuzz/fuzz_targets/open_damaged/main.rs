#![no_main]
//! A directory that was damaged in any way: it is refused and left alone, or what it shows is true, or somebody is told.
//!
//! An input is a byte that chooses the directory and how it is opened, and then the edits. With half of these bytes the
//! checksums are set right after the edits: what is shown may then be a forger's truth, but nothing may panic or hang.

mod edits;
mod truth;

use std::sync::{Arc, LazyLock};

use arbitrary::Unstructured;
use inventory_core::conformance::{assert_same_image, count};
use inventory_core::engine::{Engine, Opened, Recovery, Settings};
use inventory_core::machine::replica::Image;
use inventory_core::machine::{Ledger, Request};
use inventory_core::ports::{EventLog, LogReader, ReadError};
use inventory_core::vocabulary::Sequence;
use inventory_log::file::{FileStore, OpenError, open_on};
use inventory_log::testing::SimDisk;
use libfuzzer_sys::fuzz_target;

use edits::edits;
use truth::{Directory, clock, directories, files, ports};

static DIRECTORIES: LazyLock<Vec<Directory>> = LazyLock::new(directories);

fuzz_target!(|input: &[u8]| {
    let mut choices = Unstructured::new(input);
    let how: u8 = choices.arbitrary().unwrap_or_default();
    let directory = &DIRECTORIES[usize::from(how % 4)];
    let recovery = if how & 4 == 0 {
        Recovery::Strict
    } else {
        Recovery::Quarantine
    };
    let forged = how & 8 != 0;
    // A choice that is cut short is an edit that is not made.
    let edits = edits(&mut choices).unwrap_or_default();

    let disk = directory.disk.fork();
    edits.iter().for_each(|edit| edit.apply(&disk));
    if forged {
        edits::mend(&disk);
    }
    let truth = (!forged).then_some(Truth {
        directory,
        is_never_silent: matches!(edits.as_slice(), [edit] if edit.is_never_silent())
            || edits.is_empty(),
    });
    let settings = directory.settings.with_recovery(recovery);
    let Some(shown) = start(&disk, settings, truth.as_ref()) else {
        return;
    };
    // What was shown, and what was promised since, is there at the next start.
    let again = start_again(&disk, settings, forged);
    if let Some(again) = again.filter(|_| !forged) {
        assert_same_image(&again, &shown);
    }
});

/// What is known of a directory whose edits nobody has covered up.
struct Truth<'a> {
    directory: &'a Directory,
    /// Whether what is missing must be told.
    is_never_silent: bool,
}

/// Starts an engine, compares what it shows with the truth, and lets it work. Returns what it shows in the end.
fn start(disk: &SimDisk, settings: Settings, truth: Option<&Truth<'_>>) -> Option<Image> {
    let found = contents(disk);
    let store = match open(disk, settings.recovery) {
        Ok(store) => store,
        Err(refused) => {
            match (&refused, settings.recovery) {
                (OpenError::NewerFormat { .. }, _)
                | (OpenError::Damaged { .. }, Recovery::Strict) => {}
                (_, _) => panic!("a healthy disk was refused: {refused:?}"),
            }
            assert_eq!(
                contents(disk),
                found,
                "a refusal changes nothing: {refused:?}"
            );
            return None;
        }
    };
    if let Some(truth) = truth {
        truth.check_log(&*store.log.reader(), store.log.head().sequence);
    }
    let told_by_files = !store.findings.is_empty();
    let found = contents(disk);
    let opened = Engine::open(ports(store), settings);
    let Opened {
        mut engine, report, ..
    } = match opened {
        Ok(opened) => opened,
        Err(refused) => {
            assert_eq!(
                contents(disk),
                found,
                "a refusal changes nothing: {refused:?}"
            );
            return None;
        }
    };
    let told = told_by_files || !report.lost.is_empty() || !report.poison.is_empty();
    let reader = engine.reader();
    if let Some(truth) = truth.filter(|_| !told) {
        truth.check_image(&reader.read(Ledger::freeze));
    }
    let request = Request::unkeyed(vec![count("tea", "north", 7)]).expect("a request of one line");
    let answers = engine
        .submit([&request])
        .expect("a healthy disk takes a group");
    let receipt = answers[0]
        .as_ref()
        .expect("a count is taken, also of what is quarantined");
    assert_eq!(receipt.entry.last(), reader.head().sequence);
    Some(reader.read(Ledger::freeze))
}

/// What the next start shows, which must be a good one unless somebody has forged what it reads.
fn start_again(disk: &SimDisk, settings: Settings, forged: bool) -> Option<Image> {
    let store = match open(disk, settings.recovery) {
        Ok(store) => store,
        Err(_) if forged => return None,
        Err(refused) => panic!("what was opened is refused: {refused:?}"),
    };
    match Engine::open(ports(store), settings) {
        Ok(opened) => Some(opened.engine.reader().read(Ledger::freeze)),
        Err(_) if forged => None,
        Err(refused) => panic!("what was started is refused: {refused:?}"),
    }
}

impl Truth<'_> {
    /// Every entry that can be read is one that was written.
    fn check_log(&self, reader: &dyn LogReader, head: Sequence) {
        let mut after = reader.floor();
        while after < head {
            let page = match reader.read(after, 3) {
                Ok(page) => page,
                Err(ReadError::Damaged { .. }) => return,
                Err(error) => panic!("a healthy disk has failed: {error:?}"),
            };
            for entry in &page {
                assert_eq!(
                    Some(entry),
                    self.directory.entries.get(&entry.first),
                    "an entry that nobody wrote"
                );
            }
            // A log that was opened to be salvaged may have nothing more below its head.
            let Some(last) = page.last() else { return };
            assert!(last.last() > after, "a page goes on");
            after = last.last();
        }
    }

    /// A ledger that nobody was warned of is what it once was, and what it last was when a loss would have been told.
    fn check_image(&self, image: &Image) {
        let at = image.head().sequence;
        let true_once = self.directory.images.get(&at).expect("no entry ended here");
        assert_same_image(image, true_once);
        assert!(
            at == self.directory.head || !self.is_never_silent,
            "a silent loss after {at}"
        );
    }
}

fn open(disk: &SimDisk, recovery: Recovery) -> Result<FileStore, OpenError> {
    open_on(Arc::new(disk.clone()), &clock(), files(recovery))
}

/// All files but the lock, which is created by whoever takes it.
fn contents(disk: &SimDisk) -> Vec<(String, Option<Vec<u8>>)> {
    let names = disk.names().into_iter();
    names
        .map(|name| (name.clone(), disk.content(&name)))
        .collect()
}
