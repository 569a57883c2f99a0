//! JSON Schema of the vocabulary, as documents of an API show it (feature `schema`). Each type stands where it is used, without a
//! name of its own.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{
    ACTOR_CHARACTERS_MAX, Actor, Adjustment, Chain, Delta, Epoch, ID_BYTES_MAX, IdempotencyKey,
    KEY_BYTES_MAX, NOTE_CHARACTERS_MAX, Note, ProductId, QUANTITY_MAX, Quantity,
    REFERENCE_CHARACTERS_MAX, Reason, Reference, ReservationId, Sequence, StoreId, TTL_SECONDS_MAX,
    Timestamp, TransferId, Ttl, Units, Version,
};

/// A format of ids, whose rules JSON Schema cannot say.
pub const ID_FORMAT: &str = "inventory-id";

/// A format of idempotency keys.
pub const KEY_FORMAT: &str = "inventory-key";

/// Control characters are no part of a text.
const TEXT_PATTERN: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]+$";

/// The largest change, up or down.
const DELTA_MAX: i64 = QUANTITY_MAX as i64;

macro_rules! schemas {
    ($($name:ident => $schema:expr,)*) => {$(
        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )*};
}

schemas! {
    ProductId => id(),
    StoreId => id(),
    ReservationId => id(),
    TransferId => id(),
    IdempotencyKey => json_schema!({
        "type": "string",
        "format": KEY_FORMAT,
        "minLength": 1,
        "maxLength": KEY_BYTES_MAX,
        "pattern": "^[ -~]+$",
        "description": "1 to 128 printable ASCII characters: names one intent",
    }),
    Reason => json_schema!({ "type": "string", "enum": Reason::ALL.map(Reason::name) }),
    Note => remark(NOTE_CHARACTERS_MAX),
    Reference => remark(REFERENCE_CHARACTERS_MAX),
    Actor => remark(ACTOR_CHARACTERS_MAX),
    Quantity => json_schema!({ "type": "integer", "minimum": 0, "maximum": QUANTITY_MAX }),
    Version => json_schema!({ "type": "integer", "minimum": 0, "maximum": QUANTITY_MAX }),
    Units => json_schema!({ "type": "integer", "minimum": 1, "maximum": QUANTITY_MAX }),
    Ttl => json_schema!({ "type": "integer", "minimum": 1, "maximum": TTL_SECONDS_MAX }),
    Adjustment => json_schema!({
        "type": "integer",
        "minimum": -DELTA_MAX,
        "maximum": DELTA_MAX,
        "not": { "const": 0 },
    }),
    Delta => json_schema!({ "type": "integer", "minimum": -DELTA_MAX, "maximum": DELTA_MAX }),
    Timestamp => json_schema!({ "type": "string", "format": "date-time" }),
    Sequence => json_schema!({ "type": "integer", "minimum": 0 }),
    Epoch => json_schema!({ "type": "string", "pattern": "^[0-9a-f]{32}$" }),
    Chain => json_schema!({ "type": "string", "pattern": "^[0-9a-f]{16}$" }),
}

fn id() -> Schema {
    json_schema!({
        "type": "string",
        "format": ID_FORMAT,
        "minLength": 1,
        "maxLength": ID_BYTES_MAX,
        "pattern": TEXT_PATTERN,
        "description": "1 to 128 bytes of UTF-8 in normal form C, of characters that can be seen, without blanks at its ends; \
            neither . nor ..",
    })
}

fn remark(characters_max: usize) -> Schema {
    json_schema!({
        "type": "string",
        "minLength": 1,
        "maxLength": characters_max,
        "pattern": TEXT_PATTERN,
    })
}
