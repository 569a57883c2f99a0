//! Intents that wait for central, in order, on disk before anybody is told.
//!
//! ```text
//!              Change                    Record                     line
//!   caller ───────────▶ Outbox::decide ──────────▶ OutboxFile::append ──▶ disk, synced
//!                            ▲                          │
//!                            └────── Outbox::evolve ◀───┘ only then
//! ```
//!
//! [`Outbox`] is the rules, without I/O or a clock; `OutboxFile` is the bytes; [`DurableOutbox`] joins them, and a [`Keeper`]
//! gives it a thread of its own: many ask, few syncs are made, and nobody who looks waits for the disk.
//!
//! An intent is *queued* until central has answered it, then gone, or *parked* with the reason why central refused it, for
//! a person. Which intents are in flight is not on disk: after a start all of them are sent again, under the same keys.

mod change;
mod decide;
mod durable;
mod error;
mod file;
mod intent;
mod keeper;
mod key;
mod limits;
mod line;
mod machine;
mod queue;
mod reason;
mod record;
mod survey;
mod tally;

pub use change::{Change, Changed, Refusal};
pub use decide::Ahead;
pub use durable::DurableOutbox;
pub use error::{ChangeError, OpenError, OutboxFailed};
pub use intent::{Differs, Intent};
pub use keeper::{Keeper, NoAnswer, Panicked, Trouble};
pub use key::IntentKey;
pub use limits::{InvalidOnConflict, OnConflict, OutboxLimits};
pub use machine::{Heard, Outbox, Parked};
pub use reason::Reason;
pub use record::{Inapplicable, Record};
pub use survey::Torn;
pub use tally::Tally;
