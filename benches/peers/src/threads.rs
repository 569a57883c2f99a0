//! Callers that are threads, for who is in this process.

use std::thread;
use std::time::{Duration, Instant};

use crate::sale::{Outcome, Sale, Sales};
use crate::side::{Fallible, Loaded, Work};

/// Lets each caller make its calls, one after the other.
pub(crate) fn drive(
    work: Work,
    sales: &Sales,
    round: Duration,
    call: impl Fn(&[Sale]) -> Fallible<Vec<Outcome>> + Sync,
) -> Fallible<Loaded> {
    let begun = Instant::now();
    let caller = || -> Fallible<Vec<Duration>> {
        let mut latencies = Vec::with_capacity(1 << 16);
        while begun.elapsed() < round {
            let asked = Instant::now();
            let outcomes = call(&sales.next(work.batch))?;
            latencies.push(asked.elapsed());
            if outcomes.iter().any(|outcome| *outcome != Outcome::Taken) {
                return Err(format!("a sale was not made: {outcomes:?}").into());
            }
        }
        Ok(latencies)
    };
    let latencies = thread::scope(|scope| {
        let callers: Vec<_> = (0..work.callers).map(|_| scope.spawn(caller)).collect();
        let mut latencies = Vec::new();
        for caller in callers {
            latencies.extend(caller.join().expect("a caller does not panic")?);
        }
        Fallible::Ok(latencies)
    })?;
    Ok(Loaded {
        elapsed: begun.elapsed(),
        latencies,
    })
}
