//! Both sides of a row, in turns: what else runs on the machine then slows both.

use std::net::SocketAddr;
use std::time::Duration;

use crate::load::{Loaded, Requests, drive};

/// Rounds of either side, before which each has one that does not count.
const ROUNDS: usize = 5;

/// What a row has come to.
pub(crate) struct Measured {
    /// Median, over the rounds, of our rate as a multiple of the bare server's.
    pub(crate) ratio: f64,
    /// Median rates.
    pub(crate) ours_per_second: f64,
    pub(crate) bare_per_second: f64,
    /// All of our rounds.
    pub(crate) ours: Loaded,
}

/// Gives both servers the same load in turns.
pub(crate) async fn measure<R: Requests>(
    ours: SocketAddr,
    bare: SocketAddr,
    round: Duration,
    callers: impl Fn() -> Vec<R>,
) -> Measured {
    drive(bare, callers(), round / 4).await;
    drive(ours, callers(), round / 4).await;
    let mut all = Loaded::default();
    let (mut ratios, mut our_rates, mut bare_rates) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let of_bare = drive(bare, callers(), round).await;
        let of_ours = drive(ours, callers(), round).await;
        ratios.push(of_ours.per_second / of_bare.per_second);
        our_rates.push(of_ours.per_second);
        bare_rates.push(of_bare.per_second);
        all.latencies.extend(of_ours.latencies);
    }
    Measured {
        ratio: median(ratios),
        ours_per_second: median(our_rates),
        bare_per_second: median(bare_rates),
        ours: all,
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
