//! What time it is.

use crate::vocabulary::Timestamp;

/// A clock. It may go back; the engine never records an entry earlier than the one before.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}
