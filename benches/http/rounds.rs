//! Both sides of a row, in turns: what else runs on the machine then slows both.

use std::net::SocketAddr;
use std::time::Duration;

use crate::load::{Loaded, Requests, drive};

/// Rounds of either side, before which each has one that does not count.
const ROUNDS: usize = 5;

/// What a row has come to.
pub(crate) struct Measured {
    /// Median, over the rounds, of our rate as a multiple of the baseline's.
    pub(crate) ratio: f64,
    /// Median rates.
    pub(crate) ours_per_second: f64,
    pub(crate) baseline_per_second: f64,
    ours: Vec<Loaded>,
}

impl Measured {
    /// Median, over the rounds, of the milliseconds that a share of our requests stayed below.
    pub(crate) fn percentile_ms(&self, share: f64) -> f64 {
        let of_round = |round: &Loaded| round.percentile(share).as_secs_f64() * 1e3;
        median(self.ours.iter().map(of_round).collect())
    }
}

/// Gives both servers the same load in turns.
pub(crate) async fn measure<R: Requests>(
    ours: SocketAddr,
    bare: SocketAddr,
    round: Duration,
    callers: impl Fn() -> Vec<R>,
) -> Measured {
    drive(bare, callers(), round / 4).await;
    let baseline = async || drive(bare, callers(), round).await.per_second;
    measure_beside(ours, round, &callers, baseline).await
}

/// Gives our server a load, in turns with a baseline that says its rate.
pub(crate) async fn measure_beside<R: Requests>(
    ours: SocketAddr,
    round: Duration,
    callers: impl Fn() -> Vec<R>,
    mut baseline: impl AsyncFnMut() -> f64,
) -> Measured {
    drive(ours, callers(), round / 4).await;
    let mut all = Vec::new();
    let (mut ratios, mut our_rates, mut baselines) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let of_baseline = baseline().await;
        let of_ours = drive(ours, callers(), round).await;
        ratios.push(of_ours.per_second / of_baseline);
        our_rates.push(of_ours.per_second);
        baselines.push(of_baseline);
        all.push(of_ours);
    }
    Measured {
        ratio: median(ratios),
        ours_per_second: median(our_rates),
        baseline_per_second: median(baselines),
        ours: all,
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
