//! Digests that outlive the process: the chain over a log and the fingerprint of an intent.
//!
//! Both are rapidhash V3 (<https://github.com/Nicoshev/rapidhash>) with its published default secrets, whose output is
//! fixed by that specification. It tells histories and intents apart; it is no defence against somebody who can write
//! to the log.

use std::fmt;
use std::str::FromStr;

use rapidhash::v3::{DEFAULT_RAPID_SECRETS, rapidhash_v3_seeded};

use super::text::as_text;

/// A text is not a digest: 16 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 16 lower-case hexadecimal digits")]
pub struct InvalidDigest;

macro_rules! digest_value {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// As text: 16 lower-case hexadecimal digits.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub struct $name(u64);

        impl $name {
            /// The value with these bits.
            pub fn from_bits(bits: u64) -> Self {
                Self(bits)
            }

            /// The bits of the value.
            pub fn bits(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:016x}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidDigest;

            fn from_str(text: &str) -> Result<Self, InvalidDigest> {
                if text.len() != 16 {
                    return Err(InvalidDigest);
                }
                let bits = text.bytes().try_fold(0, |bits, digit| {
                    let value = match digit {
                        b'0'..=b'9' => digit - b'0',
                        b'a'..=b'f' => digit - b'a' + 10,
                        _ => return Err(InvalidDigest),
                    };
                    Ok(bits << 4 | u64::from(value))
                });
                bits.map(Self)
            }
        }

        as_text!($name);
    };
}

digest_value! {
    /// A digest of every entry up to a position. Two logs that agree on it at a position agree on all before it.
    Chain
}

digest_value! {
    /// A digest of an intent: operation, product, store and amount of every line, without the guards, so that a retry
    /// with a fresher version is still the same intent.
    Fingerprint
}

/// Bytes of a block: the digest of the blocks before it, then up to 248 bytes of fields.
const BLOCK_BYTES: usize = 256;
const CARRY_BYTES: usize = 8;

/// Takes a list of fields as bytes.
///
/// Numbers are eight little-endian bytes, texts are preceded by their length. Who reads a list can tell where a field ends,
/// and not what it is: a list that may have more or fewer fields says so before, by a number.
pub(crate) trait Fields {
    fn raw(&mut self, bytes: &[u8]);

    fn number(&mut self, number: u64) {
        self.raw(&number.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.raw(bytes);
    }
}

/// Collects fields into a digest, without an allocation.
///
/// The encoding is hashed in blocks of [`BLOCK_BYTES`], each of which starts with the digest of the block
/// before it, zero for the first.
#[derive(Debug)]
pub(crate) struct Digest {
    block: [u8; BLOCK_BYTES],
    used: usize,
}

impl Digest {
    pub(crate) fn new() -> Self {
        Self {
            block: [0; BLOCK_BYTES],
            used: CARRY_BYTES,
        }
    }

    pub(crate) fn finish(&self) -> u64 {
        rapidhash_v3_seeded(&self.block[..self.used], &DEFAULT_RAPID_SECRETS)
    }

    #[cold]
    fn spill(&mut self, mut bytes: &[u8]) {
        loop {
            let room = BLOCK_BYTES - self.used;
            let (now, later) = bytes.split_at(bytes.len().min(room));
            self.block[self.used..self.used + now.len()].copy_from_slice(now);
            self.used += now.len();
            if later.is_empty() {
                return;
            }
            let carry = self.finish().to_le_bytes();
            self.block[..CARRY_BYTES].copy_from_slice(&carry);
            self.used = CARRY_BYTES;
            bytes = later;
        }
    }
}

impl Fields for Digest {
    #[inline]
    fn raw(&mut self, bytes: &[u8]) {
        let end = self.used + bytes.len();
        match self.block.get_mut(self.used..end) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.used = end;
            }
            None => self.spill(bytes),
        }
    }
}

/// The encoding itself.
#[cfg(test)]
impl Fields for Vec<u8> {
    fn raw(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These values are in logs: an upgrade of the hasher that changed them would make every log unreadable.
    #[test]
    fn a_digest_never_changes() {
        let mut digest = Digest::new();
        digest.number(7);
        digest.bytes(b"tea");
        assert_eq!(digest.finish(), 0xbcdb_886e_8047_4989);
    }

    #[test]
    fn a_digest_is_read_in_its_one_form_only() {
        let chain = Chain::from_bits(0x0123_4567_89ab_cdef);
        assert_eq!("0123456789abcdef".parse(), Ok(chain));
        assert_eq!(chain.to_string().parse(), Ok(chain));
        for bad in [
            "",
            "0123456789abcde",
            "0123456789abcdef0",
            "0123456789ABCDEF",
            "+123456789abcdef",
        ] {
            assert_eq!(bad.parse::<Chain>(), Err(InvalidDigest), "{bad}");
        }
    }

    #[test]
    fn every_byte_of_a_long_input_counts() {
        let digest = |text: &[u8]| {
            let mut digest = Digest::new();
            digest.bytes(text);
            digest.finish()
        };
        let mut text = [b'a'; 600];
        let mut seen = vec![digest(&text), digest(&text[1..])];
        for at in 0..text.len() {
            text[at] = b'b';
            seen.push(digest(&text));
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 602);
    }
}
