//! Why stock changed.

use super::named::named;

named! {
    /// Why stock changed, as whoever changed it says.
    pub enum Reason {
        /// Somebody bought it.
        Sale = "sale",
        /// Somebody brought it back.
        Return = "return",
        /// A delivery came in.
        Receipt = "receipt",
        /// Somebody put a mistake right.
        Correction = "correction",
        /// Somebody counted.
        Count = "count",
        /// It broke.
        Damage = "damage",
        /// It is gone.
        Loss = "loss",
        /// It went from one store to another.
        Transfer = "transfer",
        /// Something else: the note may say what.
        Other = "other",
    }

    /// A text is not the name of a reason.
    pub struct InvalidReason;
}
