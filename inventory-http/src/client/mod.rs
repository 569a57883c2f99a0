//! Calls central, and tells what was refused from what is unknown.
//!
//! ```text
//!  CentralClient ── changes: send any declared mutation; reads: a method each
//!     │  └── attempts: the same key again, until it is settled (no I/O)
//!     ▼
//!  exchange ── one request, one answer, each step against its clock
//!     ▼
//!  pool ── connections that are kept alive
//! ```
//!
//! A mutation has a key before it is first sent, and keeps it: see [`new_key`]. What follows from a failure is said by
//! [`CallError::effect`] and [`CallError::retry`], never guessed from a status.
//!
//! Deliberately absent: redirects, compression, proxies, and HTTP/2: a call has a connection to itself, so that what is known
//! of one says nothing of others.

mod address;
mod answer;
mod attempts;
mod batch;
mod central_client;
mod changes;
mod error;
mod exchange;
mod key;
mod origin;
mod pool;
mod query;
mod reads;
mod roots;
mod secret;
mod settings;
mod snapshot;
mod tracer;

pub use address::{CentralUrl, InvalidUrl};
pub use answer::{Answered, Passed};
pub use attempts::{Backoff, Randomness};
pub use batch::RowAnswer;
pub use central_client::CentralClient;
pub use error::{CallError, Effect, Failure, InvalidAnswer, Retry};
pub use key::new_key;
pub use origin::Origin;
pub use query::{
    AlertsQuery, HistoryQuery, Page, ProductsQuery, ReservationsQuery, TransfersQuery,
};
pub use roots::{InvalidRoots, Roots};
pub use secret::{InvalidSecret, SecretKey};
pub use settings::{AnswerLimits, CentralSettings, Timeouts};
pub use tracer::{Attempt, AttemptSpan, Tracer};
