//! What a caller is answered.

use std::sync::Arc;

use crate::machine::{Entry, Rejection};

/// What a request has written, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The events, one per line of the request, with the state after each.
    pub entry: Arc<Entry>,
    /// Whether the key had been used before, so that this is the first answer again.
    pub replayed: bool,
}

/// The answer to a request: done, or refused.
pub type Answer = Result<Receipt, Rejection>;
