//! Looks for the collector, so that nothing else has to find out that it is not there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Whether there is a collector. Looks as long as somebody holds it.
#[derive(Debug)]
pub(super) struct Probe {
    found: AtomicBool,
}

impl Probe {
    /// Looks for the first time, and then every so often.
    pub(super) async fn start(address: String, every: Duration) -> Arc<Self> {
        let probe = Arc::new(Self {
            found: AtomicBool::new(false),
        });
        probe.look(&address).await;
        probe.tell(&address);
        let looking = Arc::downgrade(&probe);
        tokio::spawn(async move {
            let mut next = interval(every);
            next.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                next.tick().await;
                let Some(probe) = looking.upgrade() else {
                    return;
                };
                let before = probe.found();
                probe.look(&address).await;
                if probe.found() != before {
                    probe.tell(&address);
                }
            }
        });
        probe
    }

    async fn look(&self, address: &str) {
        let connected = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await;
        let found = matches!(connected, Ok(Ok(_)));
        self.found.store(found, Ordering::Relaxed);
    }

    fn tell(&self, address: &str) {
        match self.found() {
            true => tracing::info!(address, "spans and metrics are exported"),
            false => tracing::warn!(
                address,
                "no collector listens here: nothing is exported until one does"
            ),
        }
    }

    pub(super) fn found(&self) -> bool {
        self.found.load(Ordering::Relaxed)
    }
}
