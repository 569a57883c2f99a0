//! A load: connections that each make one request after the other.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::client::Client;

/// Requests that a connection makes, one after the other.
pub(crate) trait Requests: Send + 'static {
    /// The next one.
    fn next(&mut self) -> &[u8];
}

/// What came of a load.
pub(crate) struct Loaded {
    pub(crate) per_second: f64,
    /// The shortest first.
    latencies: Vec<Duration>,
}

impl Loaded {
    /// The latency that a share of the requests stayed below.
    pub(crate) fn percentile(&self, share: f64) -> Duration {
        let at = (self.latencies.len() as f64 * share) as usize;
        self.latencies[at.min(self.latencies.len() - 1)]
    }
}

/// Keeps a connection per item of `callers` busy for a while.
pub(crate) async fn drive(
    address: SocketAddr,
    callers: Vec<impl Requests>,
    round: Duration,
) -> Loaded {
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    for mut caller in callers {
        tasks.spawn(async move {
            let mut client = Client::connect(address).await;
            let mut latencies = Vec::with_capacity(1 << 16);
            while begun.elapsed() < round {
                let request = caller.next();
                let asked = Instant::now();
                client.ask(request).await;
                latencies.push(asked.elapsed());
            }
            latencies
        });
    }
    let mut latencies: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    let per_second = latencies.len() as f64 / begun.elapsed().as_secs_f64();
    latencies.sort_unstable();
    Loaded {
        per_second,
        latencies,
    }
}
