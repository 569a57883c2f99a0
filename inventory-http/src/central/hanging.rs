//! Looks whether the disk hangs, and tells those who wait for it.

use std::sync::Arc;
use std::time::Instant;

use tokio::time::timeout;

use super::disk_watch::News;
use super::service::Central;

/// Watches the disk until it is dropped.
pub(super) async fn run(central: Arc<Central>) {
    let disk = central.disk();
    // Nobody notifies: this is a pause that ends with its time.
    while timeout(disk.pause(), std::future::pending::<()>())
        .await
        .is_err()
    {
        match disk.look(central.reader().append_under_way(), Instant::now()) {
            None => {}
            Some(News::FallsSilent(silence)) => {
                // First those of whom it is certain that nothing was done; the others are told that nobody knows.
                central.refuse_queued("the disk does not answer");
                disk.set_silent(true);
                central.telemetry().instruments().disk_fell_silent();
                tracing::error!(
                    silent_ms = silence.as_millis() as u64,
                    "the disk does not answer; until it does, writes are refused"
                );
            }
            Some(News::AnswersAfter(silence)) => {
                disk.set_silent(false);
                central.disk_answers();
                tracing::warn!(
                    silent_ms = silence.as_millis() as u64,
                    "the disk answers again"
                );
            }
        }
    }
}
