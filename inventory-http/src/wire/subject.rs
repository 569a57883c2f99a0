//! What a call is about: what its path names.

use inventory_core::vocabulary::{IdempotencyKey, ProductId, ReservationId, StoreId, TransferId};
use schemars::JsonSchema as _;
use schemars::{Schema, SchemaGenerator};

use super::percent::percent_encoded;

/// A parameter of the path.
#[derive(Clone, Copy)]
pub struct PathParam {
    /// Its name in the pattern.
    pub name: &'static str,
    /// What it is. It is percent-encoded as one segment.
    pub about: &'static str,
    /// What it may be.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// One that may be.
    pub example: &'static str,
}

/// What a path names, in one parameter or, as `()`, in none.
pub trait Subject: Sized {
    /// The parameter of the path.
    const PARAMS: &'static [PathParam];

    /// Parses the parameter, or the empty text where there is none.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it.
    fn parse(text: &str) -> Result<Self, String>;

    /// The parameter as text, or the empty text where there is none.
    fn text(&self) -> &str;

    /// The path that is meant by a pattern.
    fn in_path(&self, pattern: &str) -> String {
        match Self::PARAMS {
            [] => pattern.to_owned(),
            [param, ..] => {
                let name = format!("{{{}}}", param.name);
                pattern.replace(&name, &percent_encoded(self.text()))
            }
        }
    }
}

impl Subject for () {
    const PARAMS: &'static [PathParam] = &[];

    fn parse(_: &str) -> Result<Self, String> {
        Ok(())
    }

    fn text(&self) -> &str {
        ""
    }
}

macro_rules! subjects {
    ($($id:ident: $name:literal, $about:literal, as $example:literal;)+) => {$(
        impl Subject for $id {
            const PARAMS: &'static [PathParam] = &[PathParam {
                name: $name,
                about: $about,
                schema: Self::json_schema,
                example: $example,
            }];

            fn parse(text: &str) -> Result<Self, String> {
                Self::new(text).map_err(|error| error.to_string())
            }

            fn text(&self) -> &str {
                self.as_str()
            }
        }
    )+};
}

subjects! {
    ProductId: "productId", "the product", as "tea";
    StoreId: "storeId", "the store", as "north";
    ReservationId: "reservationId", "the reservation", as "cart-3";
    TransferId: "transferId", "the transfer", as "van-1";
    IdempotencyKey: "idempotencyKey", "the idempotency key", as "delivery-1";
}
