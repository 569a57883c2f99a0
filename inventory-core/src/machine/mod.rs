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
    InvalidReservationState, InvalidRowOutcome, InvalidSettlement, InvalidSkip, InvalidThresholds,
    InvalidTransferState, LINES_MAX, Level, Line, Lines, Movement, MovementKind, REQUEST_LINES_MAX,
    Receive, ReceiveLine, Rejection, Release, RemoveAlert, Request, Reservation, ReservationState,
    Retry, RowOutcome, SetAlert, Settlement, Ship, Skip, SyncLevel, SyncRule, Then, Thresholds,
    Transfer, TransferLine, TransferState,
};
pub use ledger::{Break, Buried, Head, Ledger, ProductView, WindowLimits};
pub use rules::{Inapplicable, Poison};

pub(crate) use ledger::{
    Image, ImageBuilder, ImageEntry, ImageProduct, KeysForgotten, ProductIx, StoreIx,
};
pub(crate) use rules::{
    Decision, Draft, Effects, Portion, Staging, apply, apply_after_loss, apply_decided, decide,
    expire,
};

/// For what follows a log that another engine writes, and for adapters that keep snapshots: how entries become part of a
/// ledger, and a ledger an image. An engine does all of this by itself.
pub mod replica {
    pub use super::ledger::{
        Image, ImageBuilder, ImageEntry, ImageProduct, InvalidImage, KeysForgotten, ProductIx,
        StoreIx,
    };
    pub use super::rules::{NotApplied, apply, apply_after_loss, apply_whole};
}

/// For what decides requests without writing them, as simulations and measurements do: what an engine does with a group of
/// requests before it appends their entries. Nothing of it is durable.
pub mod dry_run {
    pub use super::rules::{
        Decision, Draft, Effects, Portion, Staging, apply_decided, decide, expire,
    };
}
