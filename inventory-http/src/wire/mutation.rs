//! What the bodies of all mutations have in common: a key, and what they say of themselves.

use inventory_core::machine::Annotations;
use inventory_core::vocabulary::{IdempotencyKey, Note, Reason, Reference};

/// The body of a mutation.
pub trait Mutation {
    /// The key in the body.
    fn key_mut(&mut self) -> &mut Option<IdempotencyKey>;
}

/// Declares the body of a mutation: its own fields, and after them those that every mutation may have. A field of a struct
/// that is flattened into another one could neither be refused when it is unknown nor named when it is wrong.
macro_rules! mutation {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)*
        }
    ) => {
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "camelCase")]
        $(#[$meta])*
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            /// Names the intent. May stand in the header Idempotency-Key instead.
            #[serde(
                default,
                deserialize_with = "crate::wire::schema::not_null",
                skip_serializing_if = "Option::is_none"
            )]
            #[schemars(schema_with = "crate::wire::schema::key")]
            pub idempotency_key: Option<inventory_core::vocabulary::IdempotencyKey>,
            /// Why. It is recorded, and no part of the intent.
            #[serde(
                default,
                deserialize_with = "crate::wire::schema::not_null",
                skip_serializing_if = "Option::is_none"
            )]
            #[schemars(schema_with = "crate::wire::schema::reason")]
            pub reason: Option<inventory_core::vocabulary::Reason>,
            /// Why, in somebody's own words.
            #[serde(
                default,
                deserialize_with = "crate::wire::schema::not_null",
                skip_serializing_if = "Option::is_none"
            )]
            #[schemars(schema_with = "crate::wire::schema::note")]
            pub note: Option<inventory_core::vocabulary::Note>,
            /// What it belongs to outside of this system: an order, a delivery.
            #[serde(
                default,
                deserialize_with = "crate::wire::schema::not_null",
                skip_serializing_if = "Option::is_none"
            )]
            #[schemars(schema_with = "crate::wire::schema::reference")]
            pub reference: Option<inventory_core::vocabulary::Reference>,
        }

        impl crate::wire::Mutation for $name {
            fn key_mut(&mut self) -> &mut Option<inventory_core::vocabulary::IdempotencyKey> {
                &mut self.idempotency_key
            }
        }

        impl $name {
            /// What the request says of itself.
            pub fn remarks(&self) -> inventory_core::machine::Annotations {
                crate::wire::mutation::remarks(
                    self.reason,
                    self.note.as_ref(),
                    self.reference.as_ref(),
                )
            }
        }
    };
}

pub(super) use mutation;

pub(super) fn remarks(
    reason: Option<Reason>,
    note: Option<&Note>,
    reference: Option<&Reference>,
) -> Annotations {
    Annotations {
        reason,
        note: note.cloned(),
        reference: reference.cloned(),
        ..Annotations::default()
    }
}
