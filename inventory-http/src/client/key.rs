//! Keys for callers that have none.

use inventory_core::vocabulary::IdempotencyKey;

/// A key that nobody else has: 128 random bits.
///
/// Make it before the first attempt, and keep it until the outcome is known: a second key would be a second intent.
///
/// # Panics
///
/// The operating system has no randomness to give.
pub fn new_key() -> IdempotencyKey {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).expect("an operating system that serves sockets has randomness");
    let text = format!("{:032x}", u128::from_le_bytes(bits));
    IdempotencyKey::new(&text).expect("32 digits are a key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_keys_are_the_same() {
        assert_ne!(new_key(), new_key());
    }
}
