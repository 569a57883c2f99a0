//! Expires reservations while no requests arrive.
//!
//! What is due counts as free in everything that the engine decides, so the end of a reservation is exact without this. This makes it
//! visible: to readers, and to those who follow the log.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::clock::ClockWatch;
use super::service::Central;

/// How often the clock is looked at: a quarter of the time within which readers are to see that a reservation has ended.
const LOOK: Duration = Duration::from_millis(25);

/// How long nothing is tried after storage has failed: a full disk is not filled up by attempts.
const REST: Duration = Duration::from_secs(1);

/// Looks for reservations that are due until the service is told to stop. Those that are due then expire at the next start.
pub(super) async fn run(central: Arc<Central>) -> Result<(), String> {
    let (mut pause, mut clock) = (LOOK, ClockWatch::new());
    loop {
        if timeout(pause, central.stopping().begun()).await.is_ok() {
            return Ok(());
        }
        pause = LOOK;
        clock.look(&central.reader().time());
        // One submission ends a portion only, so that sales need not wait for thousands of ends.
        while central.reader().is_overdue()
            && !central.stopping().has_begun()
            && central.disk().silence().is_none()
        {
            let before = central.reader().head().sequence;
            if let Err(error) = central.submit(Vec::new()).await {
                tracing::warn!(%error, "reservations that are due could not expire yet");
                pause = REST;
                break;
            }
            // A portion that ends nothing will end nothing the next time either.
            if central.reader().head().sequence == before {
                pause = REST;
                break;
            }
        }
    }
}
