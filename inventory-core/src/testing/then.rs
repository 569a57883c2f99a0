//! What was there when a count began, without anybody who looks it up.

use crate::machine::{Basis, Then};
use crate::vocabulary::{Quantity, Sequence};

/// What a count is compared with that began at a position, as if so much had been there. The position must be the end of a
/// request.
pub fn then(offset: Sequence, on_hand: Quantity) -> Basis {
    Basis::Then(Then::new(offset, offset, on_hand))
}
