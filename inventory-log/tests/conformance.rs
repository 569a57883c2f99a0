//! Conformance of the file adapter: it keeps the contract of every port, on a simulated disk and on a real one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use inventory_core::conformance::event_log::Fault;
use inventory_core::conformance::{clock, dead_letters, event_log, snapshots};
use inventory_core::ports::{Clock, DeadLetters, EventLog, SnapshotStore};
use inventory_log::SystemClock;
use inventory_log::file::{FileOptions, FileStore, open, open_on};
use inventory_log::testing::{self, Call, SimDisk};
use tempfile::TempDir;

/// Small enough that a few entries fill a segment.
const SMALL: FileOptions = FileOptions::new()
    .with_segment_bytes(2_000)
    .with_reserve_bytes(1_024)
    .with_prefill_bytes(600);

struct Simulated(SimDisk);

impl Simulated {
    fn new() -> Self {
        Self(SimDisk::new(1))
    }

    fn store(&self) -> FileStore {
        open_on(Arc::new(self.0.clone()), &SystemClock, SMALL).unwrap()
    }
}

impl event_log::Harness for Simulated {
    fn open(&self) -> Box<dyn EventLog> {
        Box::new(self.store().log)
    }

    fn fail_next_append(&self, fault: Fault) -> bool {
        match fault {
            Fault::NotWritten => self
                .0
                .arm(Some(Call::Write), 1, testing::Fault::ShortThenNoSpace),
            Fault::OutcomeUnknown => {
                self.0
                    .arm(Some(Call::Sync), 1, testing::Fault::SyncLosesPages)
            }
        }
        true
    }
}

impl snapshots::Harness for Simulated {
    fn open(&self) -> Box<dyn SnapshotStore> {
        Box::new(self.store().snapshots)
    }

    fn fail_next_save(&self) -> bool {
        self.0.arm(Some(Call::Sync), 1, testing::Fault::Eio);
        true
    }

    fn damage_newest(&self) -> bool {
        let mut content = self.0.content("state.json").unwrap();
        let middle = content.len() / 2;
        content[middle] ^= 1;
        self.0.put("state.json", content);
        true
    }
}

impl dead_letters::Harness for Simulated {
    fn open(&self) -> Box<dyn DeadLetters> {
        Box::new(self.store().dead_letters)
    }

    fn fail_next_bury(&self) -> bool {
        self.0
            .arm(Some(Call::Sync), 1, testing::Fault::SyncLosesPages);
        true
    }
}

inventory_core::event_log_conformance!(simulated_log, Simulated::new());
inventory_core::snapshots_conformance!(simulated_snapshots, Simulated::new());
inventory_core::dead_letters_conformance!(simulated_dead_letters, Simulated::new());

struct Real(TempDir);

impl Real {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn store(&self) -> FileStore {
        open(self.0.path().join("data"), FileOptions::default()).unwrap()
    }
}

impl event_log::Harness for Real {
    fn open(&self) -> Box<dyn EventLog> {
        Box::new(self.store().log)
    }
}

impl snapshots::Harness for Real {
    fn open(&self) -> Box<dyn SnapshotStore> {
        Box::new(self.store().snapshots)
    }
}

impl dead_letters::Harness for Real {
    fn open(&self) -> Box<dyn DeadLetters> {
        Box::new(self.store().dead_letters)
    }
}

inventory_core::event_log_conformance!(real_log, Real::new());
inventory_core::snapshots_conformance!(real_snapshots, Real::new());
inventory_core::dead_letters_conformance!(real_dead_letters, Real::new());

struct System;

impl clock::Harness for System {
    fn open(&self) -> Box<dyn Clock> {
        Box::new(SystemClock)
    }

    fn pass(&self, millis: u64) {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(millis) {
            std::hint::spin_loop();
        }
    }
}

inventory_core::clock_conformance!(system_clock, System);
