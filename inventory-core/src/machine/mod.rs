//! The rules, as pure functions: *decide* turns commands into events or a refusal, *evolve* applies events to the
//! ledger. Nothing here reads a clock, draws a random number, locks, waits or does I/O.
//!
//! ```text
//!  Request ──▶ decide(&mut Draft) ──▶ Events ──▶ Draft::record(now) ──▶ Entry ──▶ evolve(&mut Ledger)
//!                    │                                                    (live, recovery and replicas alike)
//!                    └──▶ Rejection: the draft is as it was
//! ```

mod command;
mod decide;
mod draft;
mod entry;
mod event;
mod evolve;
mod image;
mod ledger;
mod outcome;
mod rehearse;
mod rejection;

pub use command::{
    Adjust, Command, Count, Guard, InvalidRequest, REQUEST_LINES_MAX, Request, Set, SetRule,
};
pub use decide::{Decision, Fresh, decide};
pub use draft::{Draft, Staging};
pub use entry::{Annotations, Entry, Intent};
pub use event::{After, DeadLettered, Event, Level, Movement};
pub(crate) use evolve::follow_decided;
pub use evolve::{Break, Inapplicable, Poison, evolve, follow, follow_after_loss};
pub use image::{Image, ImageBuilder, InvalidImage};
pub use ledger::{Buried, Head, Ledger, ProductView, WindowLimits};
pub use outcome::{InvalidOutcome, Outcome, Skip};
pub use rehearse::rehearse;
pub use rejection::{Current, Difference, Line, Rejection, Retry};
