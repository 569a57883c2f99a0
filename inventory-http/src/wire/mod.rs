//! What goes over the wire: the bodies, errors and headers of every call, and where followers and pages stand, for servers,
//! replicas and clients alike.

mod alert;
mod amount;
mod as_of;
mod batch;
mod count;
mod cursor;
mod dead_letter;
mod details;
mod entry;
mod error;
pub mod headers;
mod history;
mod line;
mod mutation;
mod name;
pub(crate) mod object;
mod operations;
mod percent;
mod position;
mod product;
mod replication;
mod reservation;
pub mod schema;
mod subject;
mod sync;
mod trace;
mod transaction;
mod transfer;
mod update;
mod whoami;

pub use alert::{Alert, AlertList, SetAlert};
pub use amount::Amount;
pub use as_of::{AsOf, InvalidAsOf};
pub use batch::{
    AppliedRow, BATCH_UPDATES_MAX, Batch, BatchResult, BatchRow, BatchSummary, Batched, RefusedRow,
};
pub use count::{Count, Counted};
pub use cursor::{Cursor, InvalidCursor, PageKey};
pub use dead_letter::{
    DeadLetter, DeadLetterList, InspectedDeadLetter, RESOLVE_NOTE_CHARS_MAX, Resolution, Resolve,
};
pub use details::WireDetails;
pub use entry::InvalidEntry;
pub use error::{Code, CurrentStock, Detail, ErrorBody, GonePosition, GoneReason};
pub use history::{History, HistoryEvent};
pub use line::{LINES_MAX, LevelAfter, Levels};
pub use mutation::{Body, Declared, Direct, FromReceipt, Mutation, Path, Remarks};
pub use name::{InvalidKeyName, KEY_NAME_CHARACTERS_MAX, KeyName};
pub use operations::{Liveness, Readiness, ReadinessStatus};
pub use percent::{header_decoded, percent_decoded, percent_encoded};
pub use position::{InvalidPosition, Position};
pub use product::{GlobalProduct, Listing, Product};
pub use replication::{Changes, SnapshotLevel, SnapshotProduct, StateSnapshot, WireEvent};
pub use reservation::{
    Commit, Committed, CommittedLine, Extend, Extended, Held, HeldLine, Hold, LevelUnits, Release,
    Released, ReleasedLine, Reservation, ReservationLine, ReservationList,
};
pub use subject::{PathParam, Subject};
pub use sync::{SYNC_ROWS_MAX, Sync, SyncMode, SyncResult, SyncRow, SyncStatus, Synced};
pub use trace::TraceContext;
pub use transaction::{Transacted, Transaction, TransactionLine};
pub use transfer::{
    Close, Moved, MovedLine, ProductUnits, Receive, Ship, Transfer, TransferLine, TransferList,
};
pub use update::{Update, Updated};
pub use whoami::{InvalidNodeId, NodeId, RoleName, WhoAmI};
