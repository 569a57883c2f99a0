//! The rules, as pure functions: *decide* turns commands into events or a refusal, *evolve* applies events to the
//! ledger. Nothing here reads a clock, draws a random number, locks, waits or does I/O.
//!
//! ```text
//!  Request ──▶ decide(&mut Draft) ──▶ Events ──▶ Draft::record() ──▶ Entry ──▶ evolve(&mut Ledger)
//!                    │                                                    (live, recovery and replicas alike)
//!                    └──▶ Rejection: the draft is as it was
//! ```

mod alert;
mod apply;
mod command;
mod decide;
mod decision;
mod detail;
mod draft;
mod entry;
mod event;
mod evolve;
mod image;
mod kind;
mod ledger;
mod lines;
mod outcome;
mod plain;
mod rejection;
mod request;
mod reservation;
mod settlement;
mod transfer;
mod whole;

pub use alert::Alert;
pub(crate) use apply::follow_decided;
pub use apply::{Poison, follow, follow_after_loss};
pub use command::{
    Adjust, Basis, Close, Command, Commit, CommitLine, Count, Extend, Guard, Hold,
    InvalidThresholds, Receive, ReceiveLine, Release, RemoveAlert, Set, SetAlert, SetRule, Ship,
    Then, Thresholds,
};
pub use decide::{Portion, decide, expire};
pub use decision::{Decision, Fresh};
pub use detail::{DetailForm, DetailValue};
pub use draft::{Draft, Staging};
pub use entry::{Annotations, Entry, ImageEntry, Intent};
pub use event::{After, DeadLettered, Event, Level, Movement};
pub use evolve::Inapplicable;
pub use image::{Image, ImageBuilder, ImageProduct, InvalidImage};
pub use kind::{Detail, Details, Kind};
pub use ledger::{
    Break, Buried, Head, KeysForgotten, Ledger, ProductIx, ProductView, StoreIx, WindowLimits,
};
pub use lines::{Distinct, InvalidLines, LINES_MAX, Lines};
pub use outcome::{InvalidOutcome, Outcome, Skip};
pub use plain::InvalidInput;
pub use rejection::{Current, Difference, Line, Rejection, Retry};
pub use request::{InvalidRequest, REQUEST_LINES_MAX, Request};
pub use reservation::{HeldLine, InvalidReservationState, Reservation, ReservationState};
pub use settlement::{InvalidSettlement, Settlement};
pub use transfer::{InvalidTransferState, Transfer, TransferLine, TransferState};
pub use whole::{NotApplied, apply_whole};
