//! What the engine reports, counted.

use std::sync::Arc;
use std::time::Instant;

use inventory_core::ports::{AppendError, Observation, Observer};
use parking_lot::Mutex;

use super::{Instruments, Telemetry, UpdateOutcome};

/// Listens to one engine.
#[derive(Debug)]
struct EngineObserver {
    telemetry: Telemetry,
    group: Mutex<Group>,
}

/// The group that is being written.
#[derive(Debug)]
struct Group {
    decided_at: Instant,
    requests: usize,
    refused: usize,
    unchanged: usize,
    replayed: usize,
}

impl Group {
    /// Each request got the answer that was decided.
    fn answered(&self, instruments: &Instruments) {
        let applied = self.requests - self.refused - self.unchanged - self.replayed;
        instruments.update(UpdateOutcome::Applied, applied as u64);
        instruments.update(UpdateOutcome::Refused, self.refused as u64);
        instruments.update(UpdateOutcome::Unchanged, self.unchanged as u64);
        instruments.update(UpdateOutcome::Replayed, self.replayed as u64);
    }
}

/// What became of every request of a group that could not be appended: refusals too are decided on what was not written.
fn unanswered(error: &AppendError) -> UpdateOutcome {
    match error {
        AppendError::NotWritten { .. } | AppendError::Conflict { .. } => UpdateOutcome::NotWritten,
        AppendError::OutcomeUnknown { .. } => UpdateOutcome::Unknown,
        _ => UpdateOutcome::Unknown,
    }
}

impl Telemetry {
    /// Counts what the engine reports, from zero: what has not happened yet is seen to begin.
    pub fn observer(&self) -> Arc<dyn Observer> {
        self.instruments().begin();
        Arc::new(EngineObserver::new(self.clone()))
    }
}

impl EngineObserver {
    fn new(telemetry: Telemetry) -> Self {
        let group = Group {
            decided_at: Instant::now(),
            requests: 0,
            refused: 0,
            unchanged: 0,
            replayed: 0,
        };
        Self {
            telemetry,
            group: Mutex::new(group),
        }
    }
}

impl Observer for EngineObserver {
    fn observe(&self, observation: &Observation<'_>) {
        let instruments = self.telemetry.instruments();
        match *observation {
            Observation::GroupDecided {
                requests,
                refused,
                unchanged,
                replayed,
                events,
            } => {
                instruments.group_decided(requests, events);
                let group = Group {
                    decided_at: Instant::now(),
                    requests,
                    refused,
                    unchanged,
                    replayed,
                };
                if events == 0 {
                    // Nothing is appended, so these are the answers.
                    group.answered(instruments);
                }
                *self.group.lock() = group;
            }
            Observation::GroupAppended { failure } => {
                let group = self.group.lock();
                instruments.group_appended(group.decided_at.elapsed(), failure.is_none());
                match failure {
                    None => group.answered(instruments),
                    Some(error) => instruments.update(unanswered(error), group.requests as u64),
                }
            }
            Observation::ClockLeapt { requests, .. } => {
                instruments.update(UpdateOutcome::NotWritten, requests as u64);
            }
            Observation::DeadLettered { .. } => instruments.buried(1),
            Observation::SnapshotSaved { bytes, .. } => instruments.snapshot_saved(bytes),
            Observation::SnapshotSkipped { .. } => instruments.snapshot_failed(),
            Observation::PurgeSkipped { .. } => instruments.purge_failed(),
            // The server measures what these say where it reads it.
            Observation::GroupPublished { .. } | Observation::Purged => {}
            _ => {}
        }
    }
}
