//! Formats, and how optional fields are read. Types of the vocabulary have their own schemas.

pub use inventory_core::vocabulary::schema::{ID_FORMAT, KEY_FORMAT};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

/// A format of names of API keys.
pub const NAME_FORMAT: &str = "inventory-name";

/// A format of names in headers: percent-encoded.
pub const ENCODED_NAME_FORMAT: &str = "inventory-encoded-name";

/// A format of ids in headers: percent-encoded.
pub const ENCODED_ID_FORMAT: &str = "inventory-encoded-id";

/// A format of moments: an offset, or a time that there is.
pub const AS_OF_FORMAT: &str = "inventory-as-of";

/// The id of a dead letter.
pub fn letter_id(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "minLength": 1 })
}

/// Reads a field that must be there, though it may be null.
pub fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer)
}

/// Reads a field that may be absent, which is not the same as null.
pub(super) fn present_or_null<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// Reads a field that may be absent, and may not be null.
pub fn not_null<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}
