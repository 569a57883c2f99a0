//! Both sides of a row, in turns: what else runs on the machine then slows both.

use std::time::Duration;

use crate::load::{Loaded, Requests, drive};
use crate::server::Server;

/// Rounds of either side, before which each has one that does not count.
const ROUNDS: usize = 5;

/// What a row has come to.
pub(crate) struct Measured {
    /// Median, over the rounds, of central's rate as a multiple of the bare server's.
    pub(crate) ratio: f64,
    /// Median rates.
    pub(crate) central_per_second: f64,
    pub(crate) bare_per_second: f64,
    /// All of central's rounds.
    pub(crate) central: Loaded,
}

/// Gives both servers the same load in turns.
pub(crate) async fn measure<R: Requests>(
    central: &Server,
    bare: &Server,
    round: Duration,
    callers: impl Fn() -> Vec<R>,
) -> Measured {
    drive(bare.address, callers(), round / 4).await;
    drive(central.address, callers(), round / 4).await;
    let mut all = Loaded::default();
    let (mut ratios, mut ours, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let of_bare = drive(bare.address, callers(), round).await;
        let of_central = drive(central.address, callers(), round).await;
        ratios.push(of_central.per_second / of_bare.per_second);
        ours.push(of_central.per_second);
        theirs.push(of_bare.per_second);
        all.latencies.extend(of_central.latencies);
    }
    Measured {
        ratio: median(ratios),
        central_per_second: median(ours),
        bare_per_second: median(theirs),
        central: all,
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
