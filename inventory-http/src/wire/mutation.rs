//! Mutations, declared: the body of each, what it is answered with, where it is made, and whose stock it changes. Servers make
//! routes, handlers and documents of it.

use inventory_core::engine::Receipt;
use inventory_core::machine::{Annotations, Command, InvalidLines, LINES_MAX, Request};
use inventory_core::vocabulary::{Epoch, IdempotencyKey, ProductId, StoreId};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::amount::Amount;
use super::error::Code;
use super::line::Levels;
use super::subject::Subject;

/// What the bodies of all mutations have in common: a key, and what they say of themselves.
pub trait Body {
    /// The key in the body.
    fn key_mut(&mut self) -> &mut Option<IdempotencyKey>;

    /// What it says beside what it does.
    fn remarks(&self) -> Remarks;
}

/// A mutation: its body, and all that is to be known of the call that takes it.
pub trait Mutation: Body + Serialize + DeserializeOwned + JsonSchema + Send + 'static {
    /// What its path names.
    type Subject: Subject;

    /// What it is answered with.
    type Answer: Serialize + DeserializeOwned + JsonSchema + Levels;

    /// The call that takes it.
    const CALL: Declared;

    /// The stores that it names and changes the stock of. A caller who may not write for one of them is refused before anything
    /// is decided. Where else something changes, as what the path names holds units there, only the engine knows, and refuses.
    fn stores(&self) -> Vec<&StoreId>;

    /// The products that it names and whose stock it relies on. A store first sends what its outbox has of them.
    fn products(&self) -> Vec<&ProductId>;
}

/// A mutation whose commands follow from what it says, and whose answer from what they have written.
pub trait Direct: Mutation<Answer: FromReceipt> {
    /// The commands that say the same of what its path names.
    ///
    /// # Errors
    ///
    /// It has lines that do not belong together.
    fn commands(self, subject: Self::Subject) -> Result<Vec<Command>, InvalidLines>;
}

/// An answer that is told by the events that a request wrote and nothing else: so the first answer can be given again,
/// whatever has become of the stock since.
pub trait FromReceipt: Sized {
    /// What a receipt says; `None` when an event of it was buried since.
    fn from_receipt(receipt: &Receipt) -> Option<Self>;
}

/// The call that takes a mutation.
#[derive(Debug, Clone, Copy)]
pub struct Declared {
    /// What programs call it.
    pub id: &'static str,
    /// One line about it.
    pub about: &'static str,
    /// Where it is made, by POST.
    pub path: Path,
    /// A body of it, as JSON.
    pub example: &'static str,
    /// Whether its body may be large, with as many lines as its caller likes.
    pub is_bulk: bool,
    /// Where its body has amounts.
    pub amount: Amount,
    /// Whether it makes what was not there, and is answered with 201; others with 200.
    pub creates: bool,
    /// What its answer means.
    pub done: &'static str,
    /// What it may be refused with, beside what any call may be.
    pub refusals: &'static [Code],
}

/// Where a call is made.
#[derive(Debug, Clone, Copy)]
pub struct Path {
    /// At central.
    pub central: &'static str,
    /// At a store that takes it.
    pub store: &'static str,
}

/// A path at central, and the same at a store.
macro_rules! at {
    ($central:literal) => {
        crate::wire::mutation::Path {
            central: $central,
            store: concat!("/store", $central),
        }
    };
}

/// What a change of stock may be refused with.
pub(super) const REFUSALS: &[Code] = &[Code::Conflict, Code::Unprocessable, Code::Quarantined];

/// As well, when what its path names may be unknown.
pub(super) const REFUSALS_OF_KNOWN: &[Code] = &[
    Code::NotFound,
    Code::Conflict,
    Code::Unprocessable,
    Code::Quarantined,
];

/// A command for each line of a body.
///
/// # Errors
///
/// There are none, or too many.
pub(super) fn each<L>(
    lines: Vec<L>,
    command: impl FnMut(L) -> Command,
) -> Result<Vec<Command>, InvalidLines> {
    match lines.len() {
        0 => Err(InvalidLines::Empty),
        1..=LINES_MAX => Ok(lines.into_iter().map(command).collect()),
        _ => Err(InvalidLines::TooMany),
    }
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
            #[schemars(with = "inventory_core::vocabulary::IdempotencyKey")]
            pub idempotency_key: Option<inventory_core::vocabulary::IdempotencyKey>,
            /// Why. It is recorded, and no part of the intent.
            #[serde(
                default,
                deserialize_with = "crate::wire::schema::not_null",
                skip_serializing_if = "Option::is_none"
            )]
            #[schemars(with = "inventory_core::vocabulary::Reason")]
            pub reason: Option<inventory_core::vocabulary::Reason>,
            /// Why, in somebody's own words.
            #[serde(
                default,
                deserialize_with = "crate::wire::schema::not_null",
                skip_serializing_if = "Option::is_none"
            )]
            #[schemars(with = "inventory_core::vocabulary::Note")]
            pub note: Option<inventory_core::vocabulary::Note>,
            /// What it belongs to outside of this system: an order, a delivery.
            #[serde(
                default,
                deserialize_with = "crate::wire::schema::not_null",
                skip_serializing_if = "Option::is_none"
            )]
            #[schemars(with = "inventory_core::vocabulary::Reference")]
            pub reference: Option<inventory_core::vocabulary::Reference>,
            /// The history that its versions and offsets are of: 409 when the log has another one. Absent: whatever there is.
            #[serde(
                default,
                deserialize_with = "crate::wire::schema::not_null",
                skip_serializing_if = "Option::is_none"
            )]
            #[schemars(with = "inventory_core::vocabulary::Epoch")]
            pub epoch: Option<inventory_core::vocabulary::Epoch>,
        }

        impl $name {
            /// Says this and no more: it has neither a key nor remarks.
            pub fn new($($field: $type),*) -> Self {
                Self {
                    $($field,)*
                    idempotency_key: None,
                    reason: None,
                    note: None,
                    reference: None,
                    epoch: None,
                }
            }
        }

        impl crate::wire::mutation::Body for $name {
            fn key_mut(&mut self) -> &mut Option<inventory_core::vocabulary::IdempotencyKey> {
                &mut self.idempotency_key
            }

            fn remarks(&self) -> crate::wire::mutation::Remarks {
                crate::wire::mutation::Remarks {
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

pub(super) use {at, mutation};
