//! A position of the log that has no effect.

use std::sync::Arc;

use crate::vocabulary::{ProductId, Sequence, Version};

/// Why a position of the log has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buried {
    /// The product that came under suspicion, when the event named one.
    pub product: Option<ProductId>,
    /// The version that the event has given the product, when it named one: it counts as used.
    pub version: Option<Version>,
    /// The position of the event that has proved the numbers of the product since. `None` while they are under suspicion,
    /// and when there is no product.
    pub suspected_until: Option<Sequence>,
    /// What was wrong.
    pub reason: Arc<str>,
}
