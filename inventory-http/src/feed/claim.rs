//! Where a follower says that it stands, and whether the log can still be followed from there.

use inventory_core::engine::Reader;
use inventory_core::ports::ReadError;
use inventory_core::vocabulary::{Chain, Epoch, Sequence};

use crate::Causes;
use crate::server::ApiError;
use crate::wire::{Code, GonePosition, GoneReason, Position};

/// What a follower says of where it stands: at least an offset. Within a request it is given all of it, since there is no state between.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim {
    pub(crate) offset: Sequence,
    pub(crate) epoch: Option<Epoch>,
    pub(crate) chain: Option<Chain>,
}

impl From<Position> for Claim {
    fn from(position: Position) -> Self {
        Self {
            offset: position.offset,
            epoch: Some(position.epoch),
            chain: Some(position.chain),
        }
    }
}

impl Claim {
    /// Whether the log can be followed from here, as far as that can be told without reading it.
    pub(crate) fn check(&self, reader: &Reader) -> Result<(), GoneReason> {
        let head = reader.head();
        if self.epoch.is_some_and(|epoch| epoch != reader.epoch()) {
            return Err(GoneReason::Epoch);
        }
        if self.offset > head.sequence {
            return Err(GoneReason::Ahead);
        }
        if self.offset < reader.floor() {
            return Err(GoneReason::Retention);
        }
        match self.chain {
            Some(chain) if self.offset == head.sequence && chain != head.chain => {
                Err(GoneReason::Chain)
            }
            Some(chain) if self.offset == Sequence::START && chain != Chain::default() => {
                Err(GoneReason::Chain)
            }
            _ => Ok(()),
        }
    }

    /// Compares the chain with that of the request which the offset is in: all events of a request carry the chain of its
    /// end. Reads the log.
    pub(crate) fn check_chain(&self, reader: &Reader) -> Result<(), GoneReason> {
        let Some(chain) = self.chain else {
            return Ok(());
        };
        let (floor, head) = (reader.floor(), reader.head());
        if self.offset == Sequence::START || self.offset >= head.sequence {
            // It was compared already.
            return Ok(());
        }
        if self.offset <= floor {
            // The entry that ends there is purged: nothing tells whether it is the one that the follower has.
            return Err(GoneReason::Retention);
        }
        let before = Sequence::new(self.offset.number() - 1);
        match reader.subscribe(before).take(1) {
            Ok(entries) => match entries.first() {
                Some(entry) if entry.chain == chain => Ok(()),
                _ => Err(GoneReason::Chain),
            },
            Err(_) => Err(GoneReason::Retention),
        }
    }
}

/// The answer to a follower that has to start again.
pub(crate) fn gone(reader: &Reader, reason: GoneReason) -> ApiError {
    let message = match reason {
        GoneReason::Retention => "events after this offset are no longer kept; take a snapshot",
        GoneReason::Ahead => "the log ends before this offset; take a snapshot",
        GoneReason::Epoch => {
            "the log has another epoch: it was restored or restarted; take a snapshot"
        }
        GoneReason::Chain => "the log has another history at this offset; take a snapshot",
    };
    ApiError::new(Code::Gone, message).with_position(GonePosition {
        reason,
        snapshot: "/replication/snapshot".into(),
        epoch: reader.epoch().to_string(),
        oldest_offset: reader.floor().number(),
        last_offset: reader.head().sequence.number(),
    })
}

/// What a failed read of the log means to a follower.
pub(super) fn unreadable(reader: &Reader, error: &ReadError) -> ApiError {
    let now = || {
        tracing::error!(error = %Causes(error), "the log could not be read for a follower");
        ApiError::unavailable("the log could not be read now")
    };
    match error {
        ReadError::Purged { .. } | ReadError::Damaged { .. } => gone(reader, GoneReason::Retention),
        ReadError::Failed(_) | ReadError::GivenUp => now(),
        _ => now(),
    }
}
