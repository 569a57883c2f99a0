//! What the bodies of all mutations have in common: a key, and what they say of themselves.

use inventory_core::machine::{Annotations, Request};
use inventory_core::vocabulary::{Epoch, IdempotencyKey};

/// The body of a mutation.
pub trait Mutation {
    /// The key in the body.
    fn key_mut(&mut self) -> &mut Option<IdempotencyKey>;
}

/// What a mutation says beside what it does. It is no part of what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remarks {
    pub(super) annotations: Annotations,
    pub(super) epoch: Option<Epoch>,
}

impl Remarks {
    /// The request that says this as well.
    pub fn of(self, request: Request) -> Request {
        let request = request.annotated(self.annotations);
        match self.epoch {
            Some(epoch) => request.in_history(epoch),
            None => request,
        }
    }
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
            /// The history that its versions and offsets are of: 409 when the log has another one. Absent: whatever there is.
            #[serde(
                default,
                deserialize_with = "crate::wire::schema::not_null",
                skip_serializing_if = "Option::is_none"
            )]
            #[schemars(schema_with = "crate::wire::schema::epoch")]
            pub epoch: Option<inventory_core::vocabulary::Epoch>,
        }

        impl crate::wire::Mutation for $name {
            fn key_mut(&mut self) -> &mut Option<inventory_core::vocabulary::IdempotencyKey> {
                &mut self.idempotency_key
            }
        }

        impl $name {
            /// What it says beside what it does.
            pub fn remarks(&self) -> crate::wire::Remarks {
                crate::wire::Remarks {
                    annotations: inventory_core::machine::Annotations {
                        reason: self.reason,
                        note: self.note.clone(),
                        reference: self.reference.clone(),
                        ..inventory_core::machine::Annotations::default()
                    },
                    epoch: self.epoch,
                }
            }
        }
    };
}

pub(super) use mutation;
