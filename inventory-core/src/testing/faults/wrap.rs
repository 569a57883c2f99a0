//! What the adapters of an engine become.

use super::Faults;
use super::dead_letters::FaultyDeadLetters;
use super::log::FaultyLog;
use super::snapshots::FaultySnapshots;
use crate::ports::{DeadLetters, EventLog, Ports, SnapshotStore};

impl Faults {
    /// Wraps the storage of an engine.
    pub fn wrap(&self, ports: Ports) -> Ports {
        Ports {
            log: self.wrap_log(ports.log),
            snapshots: self.wrap_snapshots(ports.snapshots),
            dead_letters: self.wrap_dead_letters(ports.dead_letters),
            ..ports
        }
    }

    /// Wraps a log that was just opened.
    pub fn wrap_log(&self, log: Box<dyn EventLog>) -> Box<dyn EventLog> {
        Box::new(FaultyLog::new(log, self.clone()))
    }

    /// Wraps a snapshot store.
    pub fn wrap_snapshots(&self, store: Box<dyn SnapshotStore>) -> Box<dyn SnapshotStore> {
        Box::new(FaultySnapshots::new(store, self.clone()))
    }

    /// Wraps dead letters.
    pub fn wrap_dead_letters(&self, letters: Box<dyn DeadLetters>) -> Box<dyn DeadLetters> {
        Box::new(FaultyDeadLetters::new(letters, self.clone()))
    }
}
