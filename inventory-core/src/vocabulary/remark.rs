//! Who did something, and why: texts for people, which decide nothing.

use std::fmt;
use std::sync::Arc;

/// Why a text is no remark: it must be 1 to so many characters, none of them a control character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {characters_max} characters without control characters")]
pub struct InvalidRemark {
    /// Most characters of this kind of remark.
    pub characters_max: usize,
}

macro_rules! remark {
    ($(#[$doc:meta])* $name:ident, $max:ident = $characters:literal) => {
        /// Most characters of it.
        pub const $max: usize = $characters;

        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Parses a remark.
            ///
            /// # Errors
            ///
            /// The text is empty, too long, or has a control character.
            pub fn new(text: &str) -> Result<Self, InvalidRemark> {
                let fits = !text.is_empty() && text.chars().count() <= $max;
                match fits && !text.contains(char::is_control) {
                    true => Ok(Self(text.into())),
                    false => Err(InvalidRemark { characters_max: $max }),
                }
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidRemark;

            fn from_str(text: &str) -> Result<Self, InvalidRemark> {
                Self::new(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        crate::vocabulary::text::from_text!($name);
    };
}

remark! {
    /// What somebody wanted to say about a change, in their own words.
    Note, NOTE_CHARACTERS_MAX = 512
}

remark! {
    /// What a change belongs to outside of this system: an order, a delivery. History can be asked for by it.
    Reference, REFERENCE_CHARACTERS_MAX = 256
}

remark! {
    /// Who made a change: a name, or two of 64 characters with one between them, where somebody passes on what another has asked.
    Actor, ACTOR_CHARACTERS_MAX = 129
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_is_bounded_in_characters_and_stays_on_one_line() {
        let longest = "ä".repeat(NOTE_CHARACTERS_MAX);
        assert_eq!(Note::new(&longest).unwrap().as_str(), longest);
        for bad in ["", "a\nb", &"x".repeat(REFERENCE_CHARACTERS_MAX + 1)] {
            let characters_max = REFERENCE_CHARACTERS_MAX;
            assert_eq!(Reference::new(bad), Err(InvalidRemark { characters_max }));
        }
    }
}
