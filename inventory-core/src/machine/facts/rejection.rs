//! Refusals: the answer is no, and nothing has changed.

use std::fmt;

use crate::machine::{LINES_MAX, REQUEST_LINES_MAX, ReservationState, RowOutcome, TransferState};
use crate::vocabulary::{
    Delta, Epoch, ProductId, Quantity, ReservationId, Sequence, StoreId, Timestamp, TransferId,
    Ttl, Version,
};

/// Position of a command in its request, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line(pub usize);

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is true of a product when a guard failed, so that the next try needs no read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Current {
    /// Version of the product.
    pub version: Version,
    /// Available over all stores.
    pub available: Quantity,
    /// Available at the store of the command.
    pub at_store: Quantity,
}

/// In what a request differs from the one that used its key first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// The number of lines.
    Lines,
    /// The operation of this line.
    Operation(Line),
    /// The product of this line.
    Product(Line),
    /// The store of this line.
    Store(Line),
    /// The amount of this line.
    Amount(Line),
    /// The reservation, transfer or alert, or what was to become of it.
    Subject,
    /// Something that the events do not show: how lines that may be skipped were to be applied, or a line that was.
    Unseen,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lines => f.write_str("another number of lines"),
            Self::Operation(line) => write!(f, "another operation in line {line}"),
            Self::Product(line) => write!(f, "another product in line {line}"),
            Self::Store(line) => write!(f, "another store in line {line}"),
            Self::Amount(line) => write!(f, "another amount in line {line}"),
            Self::Subject => {
                f.write_str("another reservation, transfer or alert, or other lines of it")
            }
            Self::Unseen => {
                f.write_str("another rule, or another line among those that were skipped")
            }
        }
    }
}

/// Whether sending a refused request again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Not with this request.
    Never,
    /// Yes, with the version that the refusal names.
    WithCurrentVersion,
    /// Yes, once stock has moved.
    WhenStockChanges,
    /// Yes, once somebody has counted the product.
    WhenCounted,
    /// Yes, once what it names is there.
    OnceItExists,
}

/// Why a request was refused. Nothing of the request was applied, and its key is not used up.
///
/// In the order in which they are looked for; within a request the first refused line counts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The key belongs to another intent.
    #[error("the idempotency key was used at {first} with {differs}")]
    KeyReused {
        /// Position of the first event that was written under the key.
        first: Sequence,
        /// In what this request differs.
        differs: Difference,
    },
    /// An event of the product could not be applied: only a count is taken until one has said what is there.
    #[error("product {product} of line {line} is quarantined until it is counted")]
    Quarantined {
        /// The refused line.
        line: Line,
        /// The product.
        product: ProductId,
    },
    /// The product is not at the version that the command demands.
    #[error(
        "product {product} of line {line} is at version {}, not {demanded}",
        current.version
    )]
    StaleVersion {
        /// The refused line.
        line: Line,
        /// The product.
        product: ProductId,
        /// The store of the command.
        store: StoreId,
        /// The version that was demanded.
        demanded: Version,
        /// What is true now.
        current: Current,
    },
    /// There is less available at the store than the command takes.
    #[error(
        "product {product} of line {line} has {available} available at {store}, too few for {delta}"
    )]
    InsufficientStock {
        /// The refused line.
        line: Line,
        /// The product.
        product: ProductId,
        /// The store.
        store: StoreId,
        /// The change that was asked for.
        delta: Delta,
        /// Available at the store now.
        available: Quantity,
    },
    /// Fewer units were counted than are promised to somebody.
    #[error(
        "{counted} of product {product} were counted at {store} in line {line}, fewer than the {reserved} reserved"
    )]
    BelowReserved {
        /// The refused line.
        line: Line,
        /// The product.
        product: ProductId,
        /// The store.
        store: StoreId,
        /// Units counted.
        counted: Quantity,
        /// Units reserved at the store now.
        reserved: Quantity,
    },
    /// Somebody has said how much is there since the count began: what the count found more or less may be put right already.
    #[error(
        "product {product} of line {line} was counted at {store} at {at}, after the count had begun"
    )]
    CountedSince {
        /// The refused line.
        line: Line,
        /// The product.
        product: ProductId,
        /// The store.
        store: StoreId,
        /// Position of that statement.
        at: Sequence,
    },
    /// A line names what an earlier line of its request names already.
    #[error("line {line} names again what an earlier line names")]
    NamedTwice {
        /// The refused line.
        line: Line,
    },
    /// The line would give a reservation or transfer more lines than it may have, or have a count release more, or have the
    /// request change more levels than it may.
    #[error(
        "line {line} would lead to more than {LINES_MAX} lines of one reservation, transfer or count, or {REQUEST_LINES_MAX} of a request"
    )]
    TooManyLines {
        /// The refused line.
        line: Line,
    },
    /// The lines of a new reservation or transfer do not agree on what they have in common.
    #[error("line {line} has another deadline, source or destination than the lines before it")]
    LinesDiffer {
        /// The refused line.
        line: Line,
    },
    /// There is a reservation of that name, or was not long ago.
    #[error("reservation {reservation} exists already; it is {state}")]
    ReservationExists {
        /// The reservation.
        reservation: ReservationId,
        /// What has become of it.
        state: ReservationState,
    },
    /// There is no reservation of that name, or it ended long ago.
    #[error("there is no reservation {reservation}")]
    UnknownReservation {
        /// The reservation.
        reservation: ReservationId,
    },
    /// The reservation has ended.
    #[error("reservation {reservation} is {state}")]
    ReservationEnded {
        /// The reservation.
        reservation: ReservationId,
        /// What has become of it.
        state: ReservationState,
    },
    /// More is to be committed than the reservation holds there.
    #[error("reservation {reservation} holds {held} of product {product} at {store}, not {asked}")]
    NotHeld {
        /// Position of the line among those that are to be committed.
        line: Line,
        /// The reservation.
        reservation: ReservationId,
        /// The product.
        product: ProductId,
        /// The store.
        store: StoreId,
        /// What it holds there.
        held: Quantity,
        /// What was to be committed.
        asked: Quantity,
    },
    /// The reservation would live longer than a day in all.
    #[error("reservation {reservation} would live longer than {} in all", Ttl::MAX)]
    LivesTooLong {
        /// The reservation.
        reservation: ReservationId,
        /// The last deadline that it may have.
        latest: Timestamp,
    },
    /// There is a transfer of that name, or was not long ago.
    #[error("transfer {transfer} exists already; it is {state}")]
    TransferExists {
        /// The transfer.
        transfer: TransferId,
        /// What has become of it.
        state: TransferState,
    },
    /// A transfer leads from a store to itself.
    #[error("transfer {transfer} leads from a store to itself")]
    SameStore {
        /// The transfer.
        transfer: TransferId,
    },
    /// There is no transfer of that name, or it ended long ago.
    #[error("there is no transfer {transfer}")]
    UnknownTransfer {
        /// The transfer.
        transfer: TransferId,
    },
    /// The transfer has ended.
    #[error("transfer {transfer} is {state}")]
    TransferEnded {
        /// The transfer.
        transfer: TransferId,
        /// What has become of it.
        state: TransferState,
    },
    /// More is to be received than is on the way.
    #[error("transfer {transfer} has {in_transit} of product {product} on the way, not {asked}")]
    NotInTransit {
        /// Position of the line among those that are to be received.
        line: Line,
        /// The transfer.
        transfer: TransferId,
        /// The product.
        product: ProductId,
        /// What is on the way.
        in_transit: Quantity,
        /// What was to be received.
        asked: Quantity,
    },
    /// Nobody wants to be told about the level.
    #[error("there is no alert for product {product} at {store}")]
    UnknownAlert {
        /// The product.
        product: ProductId,
        /// The store.
        store: StoreId,
    },
    /// The stock of the store or the product's total would be above 2^53 - 1.
    #[error(
        "product {product} of line {line} would be above {} at {store} or in total",
        Quantity::MAX
    )]
    StockCeiling {
        /// The refused line.
        line: Line,
        /// The product.
        product: ProductId,
        /// The store.
        store: StoreId,
    },
    /// Every line of a request without a key was skipped. With a key it is an entry, since its answer must be remembered.
    #[error("every line was skipped: there is nothing to write")]
    NothingToDo {
        /// Why each line was.
        outcomes: Box<[RowOutcome]>,
    },
    /// The versions and offsets of the request are of another history than the log's.
    #[error("the log is of epoch {current}, and the request's versions and offsets of {named}")]
    OtherHistory {
        /// The history that the request names.
        named: Epoch,
        /// The history of the log.
        current: Epoch,
    },
    /// Something would change at a store that whoever asks may not write for.
    #[error("stock at {store} would change, which is not a store of who asks")]
    OutOfScope {
        /// The store.
        store: StoreId,
        /// The reservation that would end or change there, if it is one.
        reservation: Option<ReservationId>,
    },
    /// The product has had its last version.
    #[error("product {product} of line {line} has no version left")]
    VersionsExhausted {
        /// The refused line.
        line: Line,
        /// The product.
        product: ProductId,
    },
}

impl Rejection {
    /// Whether the same request can succeed later.
    pub fn retry(&self) -> Retry {
        match self {
            Self::KeyReused { .. }
            | Self::VersionsExhausted { .. }
            | Self::CountedSince { .. }
            | Self::OutOfScope { .. }
            | Self::NamedTwice { .. }
            | Self::LinesDiffer { .. }
            | Self::TooManyLines { .. }
            | Self::ReservationExists { .. }
            | Self::ReservationEnded { .. }
            | Self::NotHeld { .. }
            | Self::LivesTooLong { .. }
            | Self::TransferExists { .. }
            | Self::SameStore { .. }
            | Self::TransferEnded { .. }
            | Self::NotInTransit { .. } => Retry::Never,
            Self::UnknownReservation { .. }
            | Self::UnknownTransfer { .. }
            | Self::UnknownAlert { .. } => Retry::OnceItExists,
            Self::Quarantined { .. } => Retry::WhenCounted,
            Self::StaleVersion { .. } | Self::OtherHistory { .. } => Retry::WithCurrentVersion,
            Self::InsufficientStock { .. }
            | Self::BelowReserved { .. }
            | Self::StockCeiling { .. }
            | Self::NothingToDo { .. } => Retry::WhenStockChanges,
        }
    }
}

#[cfg(test)]
mod tests;
