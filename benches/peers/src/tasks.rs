//! Callers that are tasks of one thread, for who is behind a socket: the load takes one core at most.

use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::sale::{Sale, Sales};
use crate::side::{Fallible, Loaded, Work};

/// One connection.
pub(crate) trait Caller: Send + 'static {
    /// Makes sales in one call, and returns how many were made once they are durable.
    fn call(&mut self, sales: &[Sale]) -> impl Future<Output = Fallible<usize>> + Send;
}

/// The thread of all callers, which is that of who blocks on it.
pub(crate) fn runtime() -> Fallible<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// Lets each caller make its calls, one after the other.
pub(crate) async fn drive(
    callers: Vec<impl Caller>,
    work: Work,
    sales: &Sales,
    round: Duration,
) -> Fallible<Loaded> {
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    for mut caller in callers {
        let sales = sales.clone();
        tasks.spawn(async move {
            let mut latencies = Vec::with_capacity(1 << 16);
            while begun.elapsed() < round {
                let asked = Instant::now();
                let made = caller.call(&sales.next(work.batch)).await?;
                latencies.push(asked.elapsed());
                if made != work.batch {
                    return Err(format!("{made} sales of {} were made", work.batch).into());
                }
            }
            Fallible::Ok(latencies)
        });
    }
    let mut latencies = Vec::new();
    for of_caller in tasks.join_all().await {
        latencies.extend(of_caller?);
    }
    Ok(Loaded {
        elapsed: begun.elapsed(),
        latencies,
    })
}
