//! JSON Schema of kinds, as documents of an API show them (feature `schema`): by their names, each with what it means.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::machine::{ReservationState, Settlement, Skip, TransferState};

macro_rules! kinds {
    ($($name:ident as $title:literal: $about:literal;)+) => {$(
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                $title.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let kinds = Self::ALL.map(|kind| {
                    let (name, about) = (kind.name(), kind.about());
                    json_schema!({ "type": "string", "const": name, "description": about })
                });
                json_schema!({ "description": $about, "oneOf": kinds })
            }
        }
    )+};
}

kinds! {
    ReservationState as "ReservationState": "What has become of a reservation.";
    TransferState as "TransferState": "What has become of a transfer.";
    Settlement as "Settlement": "What has become of what did not arrive.";
    Skip as "SkipReason": "Why a row was skipped.";
}
