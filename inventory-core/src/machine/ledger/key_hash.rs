//! What a key is found by.

use crate::defect;
use crate::vocabulary::{Caller, IdempotencyKey};

/// The hash that a caller's key is found by: good for this process only.
pub(super) fn key_hash(caller: Option<&Caller>, key: &IdempotencyKey) -> u64 {
    let caller = caller.filter(|_| !defect!(CallersShareKeys));
    let caller = caller.map_or(0, |caller| caller.hash_bits().rotate_left(32));
    key.hash_bits() ^ caller
}
