//! What callers are called.

use std::borrow::Cow;
use std::fmt;

use inventory_core::vocabulary::Actor;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::percent::{header_decoded, percent_encoded};
use super::schema::NAME_FORMAT;

/// Most characters of the name of a key.
pub const KEY_NAME_CHARACTERS_MAX: usize = 64;

/// Stands between the name of a key and that of somebody for whom its holder asks.
const BETWEEN: char = '/';

/// A text is no name of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be 1 to {KEY_NAME_CHARACTERS_MAX} characters without control characters and without {BETWEEN}"
)]
pub struct InvalidKeyName;

/// The name of an API key: 1 to [`KEY_NAME_CHARACTERS_MAX`] characters, none of them a control character or `/`.
///
/// **Invariant**: a name with a `/` in it is made of two names in one way only, so that nobody is taken for another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Actor")]
pub struct KeyName(Actor);

impl JsonSchema for KeyName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "KeyName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": NAME_FORMAT,
            "minLength": 1,
            "maxLength": KEY_NAME_CHARACTERS_MAX,
            "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f/]+$",
        })
    }
}

impl KeyName {
    /// Parses a name.
    ///
    /// # Errors
    ///
    /// The text is empty, too long, or has a control character or a `/`.
    pub fn new(text: &str) -> Result<Self, InvalidKeyName> {
        Actor::new(text).map_err(|_| InvalidKeyName)?.try_into()
    }

    /// Parses a name as it stands in a header.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it.
    pub fn from_encoded(text: &str) -> Result<Self, String> {
        Self::new(&header_decoded(text)?).map_err(|error| error.to_string())
    }

    /// The name as it stands in a header, which has only ASCII: percent-encoded.
    pub fn encoded(&self) -> String {
        percent_encoded(self.as_str())
    }

    /// The name as it is recorded.
    pub fn actor(&self) -> &Actor {
        &self.0
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The name of somebody for whom the holder of this key asks.
    pub fn with(&self, other: &Self) -> Actor {
        let both = format!("{self}{BETWEEN}{other}");
        Actor::new(&both)
            .expect("an actor may be as long as two names and what stands between them")
    }
}

impl TryFrom<Actor> for KeyName {
    type Error = InvalidKeyName;

    fn try_from(name: Actor) -> Result<Self, InvalidKeyName> {
        let text = name.as_str();
        let fits = text.chars().count() <= KEY_NAME_CHARACTERS_MAX && !text.contains(BETWEEN);
        if fits {
            Ok(Self(name))
        } else {
            Err(InvalidKeyName)
        }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_are_one_in_one_way_only() {
        let longest = "\u{1f6d2}".repeat(KEY_NAME_CHARACTERS_MAX);
        let name = KeyName::new(&longest).unwrap();
        assert_eq!(name.with(&name).as_str(), format!("{longest}/{longest}"));
        for bad in ["", "a/b", "a\nb", &"n".repeat(KEY_NAME_CHARACTERS_MAX + 1)] {
            assert_eq!(KeyName::new(bad), Err(InvalidKeyName), "{bad:?}");
        }
        for name in ["till 7", "Kasse-\u{e4}%"] {
            let name = KeyName::new(name).unwrap();
            assert_eq!(KeyName::from_encoded(&name.encoded()), Ok(name));
        }
        for bad in ["", "a%2Fb", "%0A", "%C3"] {
            assert!(KeyName::from_encoded(bad).is_err(), "{bad}");
        }
    }
}
