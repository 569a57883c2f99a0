//! The text inside ids and keys.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use rapidhash::fast::GlobalState;

/// A shared text that knows its hash.
///
/// A name is hashed once, where it is parsed, which is on its caller's thread. The writer, which every name passes
/// several times, then neither hashes it again nor, for a name that the ledger shares, compares its bytes.
///
/// The hash is seeded once per process, so that nobody can choose names that collide; it is never written down.
#[derive(Clone)]
pub(super) struct Name {
    text: Arc<str>,
    hash: u64,
}

impl Name {
    pub(super) fn new(text: &str) -> Self {
        Self {
            text: Arc::from(text),
            hash: hash_of(text.as_bytes()),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn hash_bits(&self) -> u64 {
        self.hash
    }
}

/// The hash that the name of a text has.
pub(super) fn hash_of(text: &[u8]) -> u64 {
    let mut hasher = GlobalState::new().build_hasher();
    hasher.write(text);
    hasher.finish()
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && (Arc::ptr_eq(&self.text, &other.text) || self.text == other.text)
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.text, f)
    }
}

/// Gives a type that wraps a [`Name`] what all of them have in common.
macro_rules! named {
    ($name:ident, $invalid:ty) => {
        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            /// The hash that the text carries: good for this process only.
            pub(crate) fn hash_bits(&self) -> u64 {
                self.0.hash_bits()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $invalid;

            fn from_str(text: &str) -> Result<Self, $invalid> {
                Self::new(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        crate::vocabulary::text::from_text!($name);
    };
}

pub(super) use named;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_one_name() {
        let (one, same, other) = (Name::new("tea"), Name::new("tea"), Name::new("tee"));
        assert!(one == same && one.hash == same.hash);
        assert!(one != other && one < other);
    }
}
