//! Idempotency keys: the name that a client gives to one intent, and the name of the client.

use super::name::{Name, hash_of, named};

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

    /// The hash that a key of a text carries.
    pub(crate) fn hash_of(text: &[u8]) -> u64 {
        hash_of(text)
    }
}

named!(IdempotencyKey, InvalidKey);

/// Longest name of a caller, in bytes: that of any [`Actor`](super::Actor) is one.
pub const CALLER_BYTES_MAX: usize = 516;

/// Why a text is no name of a caller: it must be 1 to [`CALLER_BYTES_MAX`] bytes, none of them of a control character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {CALLER_BYTES_MAX} bytes without control characters")]
pub struct InvalidCaller;

/// Names whose key a key is: a till, a shop, whoever numbers requests without asking the others.
///
/// 1 to [`CALLER_BYTES_MAX`] bytes of UTF-8 without control characters. Clones share one allocation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Caller(Name);

impl Caller {
    /// Parses the name of a caller.
    ///
    /// # Errors
    ///
    /// The text is empty, too long, or has a control character.
    pub fn new(text: &str) -> Result<Self, InvalidCaller> {
        let fits = (1..=CALLER_BYTES_MAX).contains(&text.len());
        match fits && !text.contains(char::is_control) {
            true => Ok(Self(Name::new(text))),
            false => Err(InvalidCaller),
        }
    }
}

named!(Caller, InvalidCaller);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_1_to_516_bytes_on_one_line() {
        let longest = "\u{1f6d2}".repeat(129);
        for good in ["c", "till 7", &longest] {
            assert_eq!(Caller::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "a\nb", &"c".repeat(517)] {
            assert_eq!(Caller::new(bad), Err(InvalidCaller), "{bad:?}");
        }
    }

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
