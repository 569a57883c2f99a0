//! What a call is about: what its path names.

use inventory_core::vocabulary::{ReservationId, TransferId};
use schemars::JsonSchema as _;
use schemars::{Schema, SchemaGenerator};

use super::percent::percent_encoded;

/// A parameter of the path.
#[derive(Clone, Copy)]
pub struct PathParam {
    /// Its name in the pattern.
    pub name: &'static str,
    /// What it is.
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

impl Subject for ReservationId {
    const PARAMS: &'static [PathParam] = &[PathParam {
        name: "reservationId",
        about: "the reservation, percent-encoded as one segment",
        schema: Self::json_schema,
        example: "cart-3",
    }];

    fn parse(text: &str) -> Result<Self, String> {
        Self::new(text).map_err(|error| error.to_string())
    }

    fn text(&self) -> &str {
        self.as_str()
    }
}

impl Subject for TransferId {
    const PARAMS: &'static [PathParam] = &[PathParam {
        name: "transferId",
        about: "the transfer, percent-encoded as one segment",
        schema: Self::json_schema,
        example: "van-1",
    }];

    fn parse(text: &str) -> Result<Self, String> {
        Self::new(text).map_err(|error| error.to_string())
    }

    fn text(&self) -> &str {
        self.as_str()
    }
}
