//! The adapters in memory, and those that fail on demand, honour their contracts.

use inventory_core::conformance::{dead_letters, event_log, snapshots};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{DeadLetters, EventLog, SnapshotStore};

impl event_log::Harness for Memory {
    fn open(&self) -> Box<dyn EventLog> {
        Box::new(self.0.log())
    }

    fn open_beside(&self) -> Option<Box<dyn EventLog>> {
        Some(self.open())
    }
}

impl snapshots::Harness for Memory {
    fn open(&self) -> Box<dyn SnapshotStore> {
        Box::new(self.0.snapshots())
    }
}

impl dead_letters::Harness for Memory {
    fn open(&self) -> Box<dyn DeadLetters> {
        Box::new(self.0.dead_letters())
    }
}

struct Memory(MemoryStorage);

impl Memory {
    fn new() -> Self {
        Self(MemoryStorage::new())
    }
}

inventory_core::event_log_conformance!(memory_log, Memory::new());
inventory_core::snapshots_conformance!(memory_snapshots, Memory::new());
inventory_core::dead_letters_conformance!(memory_dead_letters, Memory::new());

#[cfg(feature = "testing")]
mod manual {
    use inventory_core::conformance::clock;
    use inventory_core::ports::Clock;
    use inventory_core::testing::ManualClock;

    struct Manual(ManualClock);

    impl clock::Harness for Manual {
        fn open(&self) -> Box<dyn Clock> {
            Box::new(self.0.clone())
        }

        fn pass(&self, millis: u64) {
            self.0.advance_millis(millis);
        }
    }

    inventory_core::clock_conformance!(manual_clock, Manual(ManualClock::default()));
}

/// The wrappers, over memory. Opened alone, so that the rivals share a handle here and have their own above.
#[cfg(feature = "testing")]
mod faulty {
    use inventory_core::conformance::event_log::Fault;
    use inventory_core::testing::{AppendFault, Call, Faults};

    use super::*;

    struct Faulty {
        storage: MemoryStorage,
        faults: Faults,
        /// Entries of a group that are durable when its outcome is unknown.
        durable: usize,
    }

    impl Faulty {
        fn new(durable: usize) -> Self {
            Self {
                storage: MemoryStorage::new(),
                faults: Faults::new(),
                durable,
            }
        }
    }

    impl event_log::Harness for Faulty {
        fn open(&self) -> Box<dyn EventLog> {
            self.faults.wrap_log(Box::new(self.storage.log()))
        }

        fn fail_next_append(&self, fault: Fault) -> bool {
            let durable = self.durable;
            let fault = match fault {
                Fault::NotWritten => AppendFault::NotWritten,
                Fault::OutcomeUnknown => AppendFault::OutcomeUnknown { durable },
            };
            self.faults.fail_append(0, fault);
            true
        }
    }

    impl snapshots::Harness for Faulty {
        fn open(&self) -> Box<dyn SnapshotStore> {
            let store = Box::new(self.storage.snapshots());
            self.faults.wrap_snapshots(store)
        }

        fn fail_next_save(&self) -> bool {
            self.faults.fail(0, Call::Save);
            true
        }
    }

    impl dead_letters::Harness for Faulty {
        fn open(&self) -> Box<dyn DeadLetters> {
            let letters = Box::new(self.storage.dead_letters());
            self.faults.wrap_dead_letters(letters)
        }

        fn fail_next_bury(&self) -> bool {
            self.faults.fail(0, Call::Bury);
            true
        }
    }

    inventory_core::event_log_conformance!(log_that_loses_the_group, Faulty::new(0));
    inventory_core::event_log_conformance!(log_that_keeps_a_part, Faulty::new(1));
    inventory_core::event_log_conformance!(log_that_keeps_the_group, Faulty::new(usize::MAX));
    inventory_core::snapshots_conformance!(failing_snapshots, Faulty::new(0));
    inventory_core::dead_letters_conformance!(failing_dead_letters, Faulty::new(0));
}

/// Two clauses of one name would be one test: the report could not tell them apart.
#[test]
fn every_clause_has_a_name_of_its_own() {
    for clauses in [
        event_log::CLAUSES,
        snapshots::CLAUSES,
        dead_letters::CLAUSES,
    ] {
        let mut names = clauses.to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), clauses.len());
    }
}
