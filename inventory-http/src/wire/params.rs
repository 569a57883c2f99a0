//! Parameters that calls of several services take.

use std::str::FromStr;

use hyper::header::HeaderName;
use inventory_core::vocabulary::{IdempotencyKey, ProductId};

use super::{Cursor, schema};
use crate::kit::{ApiError, Call, HeaderParam, KeyName, Param, PathParam};

/// The path of a product.
pub const PRODUCT_PATH: &[PathParam] = &[PathParam {
    name: "productId",
    about: "the product, percent-encoded as one segment",
    schema: schema::id,
}];

/// Whether a text can be parsed, for [`Param::text`].
///
/// # Errors
///
/// Says what is wrong with it.
pub fn parses<T: FromStr<Err: ToString>>(text: &str) -> Result<(), String> {
    text.parse::<T>()
        .map(drop)
        .map_err(|error| error.to_string())
}

pub(crate) fn empty_or<T: FromStr<Err: ToString>>(text: &str) -> Result<(), String> {
    if text.is_empty() {
        Ok(())
    } else {
        parses::<T>(text)
    }
}

/// Where a page of a listing starts.
pub const CURSOR: Param = Param::text(
    "cursor",
    "nextCursor of the page before; absent or empty for the first page",
    "^[A-Za-z0-9_-]*$",
    schema::CURSOR_FORMAT,
    empty_or::<Cursor>,
);
/// How long a page of a listing may be.
pub const LIMIT: Param = Param::integer("limit", "most items of the page", 1, 1_000, Some(50));
/// The header in which a mutation may have its key.
pub static KEY_HEADER: HeaderParam = HeaderParam {
    header: HeaderName::from_static("idempotency-key"),
    param: Param::text(
        "Idempotency-Key",
        "names the intent, in place of the body's idempotencyKey",
        "^[!-~]([ -~]{0,126}[!-~])?$",
        "",
        parses::<IdempotencyKey>,
    ),
};
/// The header in which a store says which of its tills has asked.
pub static ON_BEHALF_OF: HeaderParam = HeaderParam {
    header: HeaderName::from_static("on-behalf-of"),
    param: Param::text(
        "On-Behalf-Of",
        "the name, percent-encoded, of somebody for whom the holder of the key asks, such as a till of a store: idempotency \
         keys are theirs, and who has asked is recorded as the key's name, / and this one",
        "^[!-~]+$",
        schema::ENCODED_NAME_FORMAT,
        |text| KeyName::from_encoded(text).map(drop),
    ),
};
/// The headers of a mutation.
pub static MUTATION_HEADERS: &[&HeaderParam] = &[&KEY_HEADER, &ON_BEHALF_OF];
/// Those of many, each of which has its own key.
pub static BATCH_HEADERS: &[&HeaderParam] = &[&ON_BEHALF_OF];
/// Those of one at a store, which passes on who has asked by itself.
pub static STORE_HEADERS: &[&HeaderParam] = &[&KEY_HEADER];

/// The product in the path.
///
/// # Errors
///
/// It is not percent-encoded UTF-8, or no id.
pub fn product<S>(call: &Call<S>) -> Result<ProductId, ApiError> {
    call.path.parse(0, "productId", |text| {
        ProductId::new(text).map_err(|error| error.to_string())
    })
}

/// For whom the holder of the key asks.
///
/// # Errors
///
/// It is no name.
pub fn on_behalf_of<S>(call: &Call<S>) -> Result<Option<KeyName>, ApiError> {
    let name = call.header(&ON_BEHALF_OF).map(KeyName::from_encoded);
    name.transpose()
        .map_err(|issue| ApiError::field(ON_BEHALF_OF.param.name, issue))
}

/// The key of a mutation: in the body, in the header, or the same in both.
///
/// # Errors
///
/// It is another one in each.
pub fn key<S>(
    call: &Call<S>,
    in_body: Option<IdempotencyKey>,
) -> Result<Option<IdempotencyKey>, ApiError> {
    let in_head = call
        .header(&KEY_HEADER)
        .map(IdempotencyKey::new)
        .transpose();
    let in_head =
        in_head.map_err(|error| ApiError::field(KEY_HEADER.param.name, error.to_string()))?;
    match (in_head, in_body) {
        (Some(head), Some(body)) if head != body => Err(ApiError::field(
            KEY_HEADER.param.name,
            "is another key than the body's idempotencyKey",
        )),
        (head, body) => Ok(body.or(head)),
    }
}

/// As [`key`], of a call that needs one.
///
/// # Errors
///
/// As there, or there is none.
pub fn required_key<S>(
    call: &Call<S>,
    in_body: Option<IdempotencyKey>,
) -> Result<IdempotencyKey, ApiError> {
    let missing = || {
        ApiError::field(
            "idempotencyKey",
            "must be in the body, or in the header Idempotency-Key",
        )
    };
    key(call, in_body)?.ok_or_else(missing)
}
