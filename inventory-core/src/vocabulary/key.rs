//! The name a client gives to one intent.

use super::name::{Name, named};

/// Longest idempotency key, in bytes.
pub const KEY_BYTES_MAX: usize = 128;

/// Why a text is not an idempotency key: it must be 1 to [`KEY_BYTES_MAX`] printable ASCII characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {KEY_BYTES_MAX} printable ASCII characters")]
pub struct InvalidKey;

/// Names one intent of one client: the same key with the same intent is applied once, however often it is sent.
///
/// 1 to [`KEY_BYTES_MAX`] printable ASCII characters (space to tilde). Clones share one allocation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(Name);

impl IdempotencyKey {
    /// Parses a key.
    ///
    /// # Errors
    ///
    /// The text is empty, too long, or has a character outside printable ASCII.
    pub fn new(text: &str) -> Result<Self, InvalidKey> {
        let printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if text.is_empty() || text.len() > KEY_BYTES_MAX || !printable {
            return Err(InvalidKey);
        }
        Ok(Self(Name::new(text)))
    }

    /// The hash that the key carries: good for this process only.
    pub(crate) fn hash_bits(&self) -> u64 {
        self.0.hash_bits()
    }
}

named!(IdempotencyKey, InvalidKey);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_1_to_128_printable_ascii_characters() {
        for good in ["k", " ~", &"k".repeat(128)] {
            assert_eq!(IdempotencyKey::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "ä", "a\tb", "\u{7f}", &"k".repeat(129)] {
            assert_eq!(IdempotencyKey::new(bad), Err(InvalidKey), "{bad:?}");
        }
    }
}
