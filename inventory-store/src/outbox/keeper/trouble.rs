//! What keeps the outbox from its work.

use inventory_core::vocabulary::Timestamp;

/// Why nothing is taken or sent, and since when.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// Why, with its causes.
    pub message: String,
    /// Since when.
    pub since: Timestamp,
}
