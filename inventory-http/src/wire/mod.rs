//! What stands in bodies: the types of every request and answer, for servers, replicas and clients alike.

mod alert;
mod as_of;
mod batch;
mod count;
mod cursor;
mod dead_letter;
mod entry;
mod history;
mod line;
mod mutation;
mod opened_cursor;
mod operations;
pub mod params;
mod product;
mod replication;
mod reservation;
pub mod schema;
mod sync;
mod transaction;
mod transfer;
mod update;
mod whoami;

pub use alert::{Alert, AlertCursor, AlertList, SetAlert};
pub use as_of::{AsOf, InvalidAsOf};
pub use batch::{
    AppliedRow, BATCH_UPDATES_MAX, Batch, BatchResult, BatchRow, BatchSummary, Batched, RefusedRow,
};
pub use count::{Count, Counted};
pub use cursor::{Cursor, InvalidCursor};
pub use dead_letter::{
    DeadLetter, DeadLetterList, InspectedDeadLetter, RESOLVE_NOTE_CHARS_MAX, Resolution, Resolve,
};
pub use entry::InvalidEntry;
pub use history::{History, HistoryCursor, HistoryEvent, InvalidHistoryCursor};
pub use line::{LINES_MAX, LevelAfter};
pub use mutation::Mutation;
pub use opened_cursor::{OpenedCursor, ReservationCursor, TransferCursor};
pub use operations::{Liveness, Readiness, ReadinessStatus};
pub use product::{GlobalProduct, Listing, Product};
pub use replication::{Changes, SnapshotLevel, SnapshotProduct, StateSnapshot, WireEvent};
pub use reservation::{
    Commit, Committed, CommittedLine, Extend, Extended, Held, HeldLine, Hold, LevelUnits, Release,
    Released, ReleasedLine, Reservation, ReservationLine, ReservationList, ReservationStatus,
};
pub use sync::{
    SYNC_ROWS_MAX, SkipReason, Sync, SyncMode, SyncResult, SyncRow, SyncStatus, Synced,
};
pub use transaction::{Transacted, Transaction, TransactionLine};
pub use transfer::{
    Close, Moved, MovedLine, ProductUnits, Receive, SettlementKind, Ship, Transfer, TransferLine,
    TransferList, TransferStatus,
};
pub use update::{Update, Updated};
pub use whoami::{InvalidNodeId, NodeId, RoleName, WhoAmI};
