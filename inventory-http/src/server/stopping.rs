//! Whether a service stops.

use tokio::sync::watch;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Phase {
    #[default]
    Serving,
    Draining,
    Stopping,
}

/// Whether a service stops, for its calls and its parts. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Stopping(watch::Sender<Phase>);

impl Stopping {
    /// Whether it is near: calls are served, and new ones should be made elsewhere.
    pub fn is_near(&self) -> bool {
        *self.0.borrow() != Phase::Serving
    }

    /// Whether it has begun: what waits is to let go.
    pub fn has_begun(&self) -> bool {
        *self.0.borrow() == Phase::Stopping
    }

    /// Waits until it has begun.
    pub async fn begun(&self) {
        let mut phase = self.0.subscribe();
        // The sender lives as long as this.
        let _ = phase.wait_for(|phase| *phase == Phase::Stopping).await;
    }

    /// It is near.
    pub(super) fn draw_near(&self) {
        self.0
            .send_modify(|phase| *phase = Phase::Draining.max(*phase));
    }

    /// It begins.
    pub(super) fn begin(&self) {
        self.0.send_replace(Phase::Stopping);
    }
}
