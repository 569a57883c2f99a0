//! What is asked for, what has happened, and what is answered: plain data, in the words of those who use them.

mod alert;
mod command;
mod detail;
mod entry;
mod event;
#[cfg(feature = "serde")]
mod forms;
mod kind;
mod lines;
mod plain;
mod rejection;
mod request;
mod reservation;
mod row_outcome;
#[cfg(feature = "schema")]
mod schema;
mod settlement;
mod transfer;

pub use alert::Alert;
pub use command::{
    Adjust, Basis, Close, Command, Commit, CommitLine, Count, Extend, Guard, Hold,
    InvalidThresholds, Receive, ReceiveLine, Release, RemoveAlert, SetAlert, Ship, SyncLevel,
    SyncRule, Then, Thresholds,
};
pub use detail::{DetailForm, DetailValue};
pub use entry::{Annotations, Entry, Intent};
pub use event::{After, DeadLettered, Event, Level, Movement};
pub use kind::{Detail, Details, MovementKind};
pub use lines::{Distinct, InvalidLines, LINES_MAX, Lines};
pub use plain::InvalidInput;
pub use rejection::{Current, Difference, Line, Rejection, Retry};
pub use request::{InvalidRequest, REQUEST_LINES_MAX, Request};
pub use reservation::{HeldLine, InvalidReservationState, Reservation, ReservationState};
pub use row_outcome::{InvalidRowOutcome, InvalidSkip, RowOutcome, Skip};
pub use settlement::{InvalidSettlement, Settlement};
pub use transfer::{InvalidTransferState, Transfer, TransferLine, TransferState};
