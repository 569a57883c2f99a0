//! Schemas of the vocabulary, as they are published, and how optional fields are read.

use inventory_core::vocabulary::{
    ACTOR_CHARACTERS_MAX, ID_BYTES_MAX, KEY_BYTES_MAX, NOTE_CHARACTERS_MAX, QUANTITY_MAX,
    REFERENCE_CHARACTERS_MAX, Reason, TTL_SECONDS_MAX,
};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use super::name::KEY_NAME_CHARACTERS_MAX;

/// A format of ids, whose rules JSON Schema cannot say.
pub const ID_FORMAT: &str = "inventory-id";

/// A format of names of API keys.
pub const NAME_FORMAT: &str = "inventory-name";

/// A format of idempotency keys.
pub const KEY_FORMAT: &str = "inventory-key";

/// A format of names in headers: percent-encoded.
pub const ENCODED_NAME_FORMAT: &str = "inventory-encoded-name";

/// A format of ids in headers: percent-encoded.
pub const ENCODED_ID_FORMAT: &str = "inventory-encoded-id";

/// A format of moments: an offset, or a time that there is.
pub const AS_OF_FORMAT: &str = "inventory-as-of";

/// A product or store id.
pub fn id(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "format": ID_FORMAT,
        "minLength": 1,
        "maxLength": ID_BYTES_MAX,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$",
        "description": "1 to 128 bytes of UTF-8 in normal form C, of characters that can be seen, without blanks at its ends; \
            neither . nor ..",
    })
}

/// The id of a dead letter.
pub fn letter_id(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "minLength": 1 })
}

/// A product or store id, or null.
pub fn nullable_id(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"] })
}

/// An idempotency key.
pub fn key(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "format": KEY_FORMAT,
        "minLength": 1,
        "maxLength": KEY_BYTES_MAX,
        "pattern": "^[ -~]+$",
        "description": "1 to 128 printable ASCII characters: names one intent",
    })
}

/// Why stock changed.
pub fn reason(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": Reason::ALL.map(Reason::name) })
}

/// A remark of so many characters.
fn remark(characters_max: usize) -> Schema {
    json_schema!({
        "type": "string",
        "minLength": 1,
        "maxLength": characters_max,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$",
    })
}

/// Why, in somebody's own words.
pub fn note(_: &mut SchemaGenerator) -> Schema {
    remark(NOTE_CHARACTERS_MAX)
}

/// An order, a delivery.
pub fn reference(_: &mut SchemaGenerator) -> Schema {
    remark(REFERENCE_CHARACTERS_MAX)
}

/// Who.
pub fn actor(_: &mut SchemaGenerator) -> Schema {
    remark(ACTOR_CHARACTERS_MAX)
}

/// The name of a key.
pub fn key_name(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "format": NAME_FORMAT,
        "minLength": 1,
        "maxLength": KEY_NAME_CHARACTERS_MAX,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f/]+$",
    })
}

/// Units of stock, or a version.
pub fn quantity(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "minimum": 0, "maximum": QUANTITY_MAX })
}

/// Units of stock that somebody asks for.
pub fn units(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "minimum": 1, "maximum": QUANTITY_MAX })
}

/// How long a reservation is to last.
pub fn ttl(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "minimum": 1, "maximum": TTL_SECONDS_MAX })
}

/// A version, or null for "whatever it is".
pub fn guard(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["integer", "null"],
        "minimum": 0,
        "maximum": QUANTITY_MAX,
        "description": "the version the product must have; null: whatever it is",
    })
}

/// A number, or null.
pub fn nullable_number(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["integer", "null"] })
}

/// A change that is not zero.
pub fn adjustment(_: &mut SchemaGenerator) -> Schema {
    let most = QUANTITY_MAX as i64;
    json_schema!({
        "type": "integer",
        "minimum": -most,
        "maximum": most,
        "not": { "const": 0 },
    })
}

/// A change.
pub fn delta(_: &mut SchemaGenerator) -> Schema {
    let most = QUANTITY_MAX as i64;
    json_schema!({ "type": "integer", "minimum": -most, "maximum": most })
}

/// A moment.
pub fn time(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "date-time" })
}

/// A moment, or null.
pub fn nullable_time(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "format": "date-time" })
}

/// A position in the log.
pub fn offset(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "minimum": 0 })
}

/// The identity of a history.
pub fn epoch(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^[0-9a-f]{32}$" })
}

/// A digest.
pub fn digest(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^[0-9a-f]{16}$" })
}

/// A text, or null.
pub fn nullable_text(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"] })
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
