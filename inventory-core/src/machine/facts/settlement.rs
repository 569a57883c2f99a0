//! What has become of the units that a transfer lost on its way.

use crate::vocabulary::named::named;

named! {
    /// How a transfer that did not arrive as a whole was settled.
    pub enum Settlement {
        /// What is missing came back to the store that shipped it.
        Returned = "returned",
        /// What is missing is gone.
        Lost = "lost",
    }

    /// A text is not the name of a settlement.
    pub struct InvalidSettlement;
}
