//! The rules, as pure functions: *decide* turns commands into events or a refusal, *apply* makes events part of the
//! ledger. Nothing here reads a clock, draws a random number, locks, waits or does I/O.
//!
//! ```text
//!  Request ──▶ decide(&mut Draft) ──▶ Events ──▶ Draft::record() ──▶ Entry ──▶ apply(&mut Ledger)
//!                    │                                                    (live, recovery and replicas alike)
//!                    └──▶ Rejection: the draft is as it was
//! ```
//!
//! | folder | what is in it | knows |
//! |---|---|---|
//! | `facts` | what is asked for, what has happened, what is answered: plain data | |
//! | `ledger` | what the events so far amount to, and an image of that | `facts` |
//! | `rules` | how a request is decided, and how an entry is applied | `facts`, `ledger` |

mod facts;
mod ledger;
mod rules;

pub use facts::{
    Adjust, After, Alert, Annotations, Basis, Close, Command, Commit, CommitLine, Count, Current,
    DeadLettered, Detail, DetailForm, DetailValue, Details, Difference, Distinct, Entry, Event,
    Extend, Guard, HeldLine, Hold, Intent, InvalidInput, InvalidLines, InvalidRequest,
    InvalidReservationState, InvalidRowOutcome, InvalidSettlement, InvalidThresholds,
    InvalidTransferState, LINES_MAX, Level, Line, Lines, Movement, MovementKind, REQUEST_LINES_MAX,
    Receive, ReceiveLine, Rejection, Release, RemoveAlert, Request, Reservation, ReservationState,
    Retry, RowOutcome, SetAlert, Settlement, Ship, Skip, SyncLevel, SyncRule, Then, Thresholds,
    Transfer, TransferLine, TransferState,
};
pub use ledger::{
    Break, Buried, Head, Image, ImageBuilder, ImageEntry, ImageProduct, InvalidImage,
    KeysForgotten, Ledger, ProductIx, ProductView, StoreIx, WindowLimits,
};
pub(crate) use rules::apply_decided;
pub use rules::{
    Decision, Draft, Effects, Inapplicable, NotApplied, Poison, Portion, Staging, apply,
    apply_after_loss, apply_whole, decide, expire,
};
