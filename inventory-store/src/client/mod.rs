//! Calls central, and tells what was refused from what is unknown.
//!
//! ```text
//!  Central ── update, batch, changes, snapshot
//!     │  └── attempts: the same key again, until it is settled (no I/O)
//!     ▼
//!  exchange ── one request, one answer, each step against its clock
//!     ▼
//!  pool ── connections that are kept alive
//! ```
//!
//! A mutation has a key before it is first sent, and keeps it: see [`new_key`]. What follows from a failure is said by
//! [`CallError::outcome`] and [`CallError::retry`], never guessed from a status.
//!
//! Deliberately absent: TLS (it ends before central), redirects, compression and proxies.

mod address;
mod answer;
mod attempts;
mod batch;
mod central;
mod error;
mod exchange;
mod key;
mod pool;
mod secret;
mod settings;
mod snapshot;

pub use address::{CentralUrl, InvalidUrl};
pub use answer::{Answered, Passed};
pub use attempts::{Backoff, Randomness};
pub use batch::RowAnswer;
pub use central::{Central, Origin};
pub use error::{CallError, Failure, Misfit, Outcome, Retry};
pub use key::new_key;
pub use secret::{InvalidSecret, SecretKey};
pub use settings::{AnswerLimits, CentralSettings, Timeouts};
