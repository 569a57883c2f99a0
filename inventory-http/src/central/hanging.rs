//! Notices that the disk hangs, and answers those who wait for it.

use std::sync::Arc;

use super::service::Central;
use crate::server::DiskNews;

/// Watches the disk until it is dropped.
pub(super) async fn run(central: Arc<Central>) -> Result<(), String> {
    let disk = central.disk();
    loop {
        let news = disk.news(|| central.reader().append_under_way()).await;
        match news {
            DiskNews::FallsSilent(silence) => {
                // First the log: those who are answered look there.
                tracing::error!(
                    silent_ms = silence.as_millis() as u64,
                    "the disk does not answer; until it does, writes are refused"
                );
                central.telemetry().instruments().disk_fell_silent();
                // First those of whom it is certain that nothing was done; the others are told that nobody knows.
                central.refuse_queued("the disk does not answer");
                disk.announce(news);
            }
            DiskNews::AnswersAfter(silence) => {
                tracing::warn!(
                    silent_ms = silence.as_millis() as u64,
                    "the disk answers again"
                );
                disk.announce(news);
                central.disk_answers();
            }
        }
    }
}
