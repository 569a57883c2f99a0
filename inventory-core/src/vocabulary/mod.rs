//! The words of the domain. Every number and every name has a type of its own, is parsed once at the edge, and is
//! valid from then on: nothing further in re-checks a range.

mod chain;
mod epoch;
mod id;
mod key;
mod name;
pub(crate) mod named;
mod quantity;
mod reason;
mod remark;
#[cfg(feature = "schema")]
pub mod schema;
mod sequence;
mod span;
pub(crate) mod text;
mod time;
mod trace;
mod ttl;
mod uptime;
mod version;

pub use chain::{Chain, Fingerprint, InvalidDigest};
pub use epoch::{Epoch, InvalidEpoch};
pub use id::{ID_BYTES_MAX, InvalidId, ProductId, ReservationId, StoreId, TransferId};
pub use key::{CALLER_BYTES_MAX, Caller, IdempotencyKey, InvalidCaller, InvalidKey, KEY_BYTES_MAX};
pub use quantity::{Adjustment, Delta, OutOfRange, QUANTITY_MAX, Quantity, Units};
pub use reason::{InvalidReason, Reason};
pub use remark::{
    ACTOR_CHARACTERS_MAX, Actor, InvalidRemark, NOTE_CHARACTERS_MAX, Note,
    REFERENCE_CHARACTERS_MAX, Reference,
};
pub use sequence::Sequence;
pub use span::Span;
pub use time::{InvalidTimestamp, TIMESTAMP_TEXT_BYTES, Timestamp};
pub use trace::{InvalidTraceParent, TraceParent};
pub use ttl::{TTL_SECONDS_MAX, Ttl};
pub use uptime::Uptime;
pub use version::Version;

pub(crate) use chain::{Digest, Fields};
#[cfg(feature = "serde")]
pub(crate) use text::as_text;
