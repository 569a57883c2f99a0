//! Snapshots are taken on a thread of their own, as often as the log has grown enough for one.

use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use inventory_core::engine::Snapshotter;
use inventory_core::ports::{Clock, StorageError};

use tokio::sync::oneshot;

use crate::Causes;
use crate::server::Trouble;
use crate::telemetry::Telemetry;

/// The thread that takes snapshots.
pub(super) struct Snapshots {
    stop: SyncSender<()>,
    thread: thread::JoinHandle<()>,
}

impl Snapshots {
    /// Looks every `interval` whether a snapshot is due: that is the least time between two of them. What is returned with it
    /// is ready once the thread has ended.
    ///
    /// # Errors
    ///
    /// The operating system refuses another thread.
    pub(super) fn start(
        mut snapshotter: Snapshotter,
        interval: Duration,
        telemetry: &Telemetry,
        clock: Arc<dyn Clock>,
        trouble: Arc<Trouble>,
    ) -> io::Result<(Self, oneshot::Receiver<()>)> {
        let telemetry = telemetry.clone();
        let (stop, told) = sync_channel::<()>(0);
        let (alive, gone) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("inventory-snapshots".into())
            .spawn(move || {
                let _alive = alive;
                let mut saved_at = Instant::now();
                loop {
                    let last = told.recv_timeout(interval) != Err(RecvTimeoutError::Timeout);
                    match save_when_due(&mut snapshotter, saved_at.elapsed(), &telemetry) {
                        Ok(true) => {
                            trouble.over();
                            saved_at = Instant::now();
                        }
                        Ok(false) => {}
                        Err(error) => trouble.failed(&error, clock.now()),
                    }
                    if last {
                        return;
                    }
                }
            })?;
        Ok((Self { stop, thread }, gone))
    }

    /// Saves a last snapshot where that is worth it, and ends; panics as its thread has.
    pub(super) fn stop(self) {
        drop(self.stop);
        if let Err(panic) = self.thread.join() {
            resume_unwind(panic);
        }
    }
}

/// Saves a snapshot when one is due, and says whether it did.
///
/// # Errors
///
/// It could not be saved. The log has everything, and the next time is the next chance.
fn save_when_due(
    snapshotter: &mut Snapshotter,
    age: Duration,
    telemetry: &Telemetry,
) -> Result<bool, StorageError> {
    match snapshotter.is_due(age) {
        Ok(true) => {}
        Ok(false) => return Ok(false),
        // A snapshot is what helps a log that cannot be read.
        Err(error) => {
            tracing::warn!(error = %Causes(&error), "the log does not say how much it has grown");
        }
    }
    let (span, begun) = (telemetry.task("PersistSnapshot"), Instant::now());
    match snapshotter.save() {
        Ok(_) => {
            telemetry.instruments().snapshot_took(begun.elapsed());
            Ok(true)
        }
        Err(error) => {
            span.fail(error.to_string());
            Err(error)
        }
    }
}
