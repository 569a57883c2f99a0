//! What the engine reports, counted.

use std::time::Instant;

use inventory_core::ports::{Observation, Observer};
use parking_lot::Mutex;

use super::{Telemetry, UpdateOutcome};

/// Listens to one engine.
#[derive(Debug)]
pub(super) struct EngineObserver {
    telemetry: Telemetry,
    group: Mutex<Group>,
}

/// The group that is being written.
#[derive(Debug)]
struct Group {
    decided_at: Instant,
    applied: usize,
}

impl EngineObserver {
    pub(super) fn new(telemetry: Telemetry) -> Self {
        let group = Group {
            decided_at: Instant::now(),
            applied: 0,
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
        match observation {
            Observation::GroupDecided {
                requests,
                refused,
                replayed,
                events,
            } => {
                instruments.group_decided(*requests, *events);
                instruments.update(UpdateOutcome::Refused, *refused as u64);
                instruments.update(UpdateOutcome::Replayed, *replayed as u64);
                *self.group.lock() = Group {
                    decided_at: Instant::now(),
                    applied: requests - refused - replayed,
                };
            }
            Observation::GroupAppended { durable } => {
                let group = self.group.lock();
                instruments.group_appended(group.decided_at.elapsed(), *durable);
                let outcome = match durable {
                    true => UpdateOutcome::Applied,
                    false => UpdateOutcome::Unknown,
                };
                instruments.update(outcome, group.applied as u64);
            }
            Observation::DeadLettered { .. } => instruments.buried(1),
            Observation::SnapshotSaved { bytes, .. } => instruments.snapshot_saved(*bytes),
            Observation::SnapshotSkipped { .. } => instruments.snapshot_failed(),
            Observation::PurgeSkipped { reason } => {
                instruments.purge_failed();
                tracing::warn!(%reason, "the log could not give up old events; it will be tried again");
            }
            // The server measures what these say where it reads it.
            Observation::GroupPublished { .. } | _ => {}
        }
    }
}
