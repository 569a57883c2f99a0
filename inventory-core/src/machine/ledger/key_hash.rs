//! What a key is found by.

use crate::defect;
use crate::vocabulary::{Caller, IdempotencyKey};

/// The hash that a caller's key is found by: good for this process only.
pub(in crate::machine) fn key_hash(caller: Option<&Caller>, key: &IdempotencyKey) -> u64 {
    of_caller(caller, key.hash_bits())
}

/// As [`key_hash`], of the text of a key.
pub(super) fn text_hash(caller: Option<&Caller>, key: &[u8]) -> u64 {
    of_caller(caller, IdempotencyKey::hash_of(key))
}

fn of_caller(caller: Option<&Caller>, key: u64) -> u64 {
    let caller = caller.filter(|_| !defect!(CallersShareKeys));
    key ^ caller.map_or(0, |caller| caller.hash_bits().rotate_left(32))
}
