//! Point-in-time reads: what the ledger had at a position of the log, and what has led there. Reads the log, beside the writer.
//!
//! ```text
//!           floor                 at                     head
//!  purged ────┤ last touch ───────┼──── first touch ───────┤ the ledger now
//!               after-image: it     before-image: it         nothing since: it
//! ```
//!
//! **Invariant**: the ledger is looked at first, the log after it. What the log then does not show between a position and
//! the ledger's head has not happened, so what the ledger says is still what was there. The other way round, the writer
//! may change a level after the log was searched, and today's number would pass for the past one.
//!
//! **Invariant**: a position that was buried had no effect, and is passed over. Positions are buried while an engine starts,
//! never while it runs, so it does not matter when the list of them is read.
//!
//! **Invariant**: between the positions of one request there is no state. Whoever asks for one is told of the last request
//! that was whole by then.

mod basis;
mod history;
mod levels;
mod listing;
mod product;
mod products;

pub use basis::BasisError;
pub use history::{HistoryPage, HistoryQuery, PastEvent};
pub use listing::PastPage;
pub use product::ProductState;

use std::sync::Arc;

use super::Reader;
use crate::machine::{Level, Movement};
use crate::ports::{LogReader, ReadError, Wanted};
use crate::vocabulary::{Quantity, Sequence, Timestamp};

/// Why nothing can be said of the past.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PastError {
    /// What is kept of the log does not tell any more.
    #[error("the log is kept from position {floor} on, which no longer tells what was there")]
    BeyondRetention {
        /// The position before the oldest one that can be read.
        floor: Sequence,
    },
    /// It has not happened yet.
    #[error("the log ends at position {head}")]
    AheadOfHead {
        /// The end of what is published.
        head: Sequence,
    },
    /// Nobody waits for the answer any more.
    #[error("nobody waits for the answer any more")]
    GivenUp,
    /// The log cannot be read there.
    #[error("the log cannot be read there")]
    Unreadable(#[source] ReadError),
}

impl From<ReadError> for PastError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Purged { floor } => Self::BeyondRetention { floor },
            ReadError::GivenUp => Self::GivenUp,
            ReadError::Damaged { .. } | ReadError::Failed(_) => Self::Unreadable(error),
        }
    }
}

impl Reader {
    /// The last position that was recorded at or before a time; the head, when nothing was recorded later.
    ///
    /// # Errors
    ///
    /// All that is kept was recorded later, and something was purged: when that was, nobody knows any more. Or the log
    /// cannot be read.
    pub fn position_at(&self, time: Timestamp) -> Result<Sequence, PastError> {
        let head = self.head();
        if head.recorded_at <= time {
            return Ok(head.sequence);
        }
        let position = self.search(|log| log.position_at(time))?;
        let floor = self.floor();
        if floor > Sequence::START && position <= floor {
            return Err(PastError::BeyondRetention { floor });
        }
        Ok(position.min(head.sequence))
    }

    /// This reader, for somebody who may give up: its searches of the past then end, with [`PastError::GivenUp`].
    pub fn wanted_by(&self, wanted: &Wanted) -> Self {
        Self {
            published: Arc::clone(&self.published),
            wanted: wanted.clone(),
        }
    }

    /// Makes what questions about the past would have to make first, so that none of them waits for it: what an index lacks
    /// after a kill. It reads the segments of the log that have none, which takes a second for each few hundred megabytes.
    ///
    /// # Errors
    ///
    /// The log cannot be read, or nobody waits any more; what was made by then is kept.
    pub fn prepare_searches(&self) -> Result<(), PastError> {
        self.search(|log| log.prepare(&self.wanted))
    }

    /// The last position at or before `at` that a request ends at, and what follows it.
    fn settled(&self, at: Sequence) -> Result<Settled, PastError> {
        let head = self.head().sequence;
        if at > head {
            return Err(PastError::AheadOfHead { head });
        }
        let floor = self.floor();
        if at < floor {
            return Err(PastError::BeyondRetention { floor });
        }
        let following = self.search(|log| log.extent(at.next()))?;
        let begun = following.filter(|following| following.first <= at);
        Ok(Settled {
            at: begun.map_or(at, |begun| Sequence::new(begun.first.number() - 1)),
            next_recorded_at: following.map(|following| following.recorded_at),
        })
    }

    /// Searches the log, again when it was purged meanwhile: the answer of a search that lost its page says nothing of the
    /// positions that are still there. Each turn the log has been purged further, so there is a last one.
    fn search<T>(
        &self,
        search: impl Fn(&dyn LogReader) -> Result<T, ReadError>,
    ) -> Result<T, PastError> {
        loop {
            let floor = self.floor();
            match search(&*self.published.log) {
                Err(ReadError::Purged { .. }) if self.floor() > floor => {}
                found => return Ok(found?),
            }
        }
    }

    /// What is kept of the log does not tell.
    fn unknown(&self) -> PastError {
        PastError::BeyondRetention {
            floor: self.floor(),
        }
    }
}

/// A position between two requests.
#[derive(Debug, Clone, Copy)]
struct Settled {
    at: Sequence,
    /// When the request after it was recorded.
    next_recorded_at: Option<Timestamp>,
}

/// The level that an event found; `None` when there was none that its changes lead on from.
fn level_before(movement: &Movement) -> Option<Level> {
    let after = movement.after.level;
    let on_hand = after.on_hand().checked_apply(movement.delta.negated())?;
    let reserved = after.reserved();
    Level::new(
        on_hand,
        reserved.checked_apply(movement.reserved_delta.negated())?,
    )
}

/// The total that an event found.
fn total_before(movement: &Movement) -> Option<Quantity> {
    let after = movement.after.level.available();
    let change = after.since(level_before(movement)?.available());
    movement.after.total.checked_apply(change.negated())
}
