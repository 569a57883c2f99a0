//! One that does the work: ours, or a peer.

use std::error::Error;
use std::time::Duration;

use crate::sale::{Outcome, Sale, Sales};

pub(crate) type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// How the work is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Work {
    pub(crate) callers: usize,
    pub(crate) products: u64,
    /// Sales in a call, and so in a transaction.
    pub(crate) batch: usize,
}

impl Work {
    pub(crate) fn is_batched(self) -> bool {
        self.batch > 1
    }
}

/// What came of a round.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) elapsed: Duration,
    /// Of each call, from when its sales were chosen until they were known to be durable.
    pub(crate) latencies: Vec<Duration>,
}

/// What a side has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) units: u64,
    /// Events of sales.
    pub(crate) events: u64,
}

/// A side with stock of all products. Everything it has started ends with it.
pub(crate) trait Side {
    /// Keeps all callers busy for a while.
    ///
    /// # Errors
    ///
    /// A call failed, or a sale was not made.
    fn drive(&mut self, work: Work, sales: &Sales, round: Duration) -> Fallible<Loaded>;

    /// Makes sales by what the callers use: in one call, or a call for each.
    ///
    /// # Errors
    ///
    /// A call failed.
    fn sell(&mut self, work: Work, sales: &[Sale]) -> Fallible<Vec<Outcome>>;

    /// What is left and what was recorded, counted from what it has and not from what it was asked.
    ///
    /// # Errors
    ///
    /// A call failed.
    fn totals(&mut self) -> Fallible<Totals>;
}
