//! The parameters of central's calls.

use std::str::FromStr;

use hyper::header::{self, HeaderName};
use inventory_core::vocabulary::{
    Chain, Epoch, IdempotencyKey, ProductId, QUANTITY_MAX, Sequence, StoreId,
};

use crate::kit::{ApiError, Call, HeaderParam, Param, ParamKind, PathParam};
use crate::wire::{Cursor, schema};

pub(super) const PRODUCT_PATH: &[PathParam] = &[PathParam {
    name: "productId",
    about: "the product, percent-encoded as one segment",
    schema: schema::id,
}];

pub(super) const LETTER_PATH: &[PathParam] = &[PathParam {
    name: "letterId",
    about: "the dead letter, percent-encoded as one segment",
    schema: schema::letter_id,
}];

const fn integer(
    name: &'static str,
    about: &'static str,
    min: u64,
    max: u64,
    default: Option<u64>,
) -> Param {
    Param {
        name,
        about,
        kind: ParamKind::Integer { min, max, default },
    }
}

const fn text(
    name: &'static str,
    about: &'static str,
    pattern: &'static str,
    format: &'static str,
    check: fn(&str) -> Result<(), String>,
) -> Param {
    Param {
        name,
        about,
        kind: ParamKind::Text {
            pattern,
            format,
            check,
        },
    }
}

fn parses<T: FromStr<Err: ToString>>(text: &str) -> Result<(), String> {
    text.parse::<T>()
        .map(drop)
        .map_err(|error| error.to_string())
}

fn empty_or<T: FromStr<Err: ToString>>(text: &str) -> Result<(), String> {
    if text.is_empty() {
        Ok(())
    } else {
        parses::<T>(text)
    }
}

/// What a list of entity tags looks like.
const ETAGS: &str = "^(|\\*|(W/)?\"[!#-+\\--~]*\"( *, *(W/)?\"[!#-+\\--~]*\")*)$";

fn etags(text: &str) -> Result<(), String> {
    let is_tag = |tag: &str| {
        let tag = tag.trim_matches(' ');
        let quoted = tag.strip_prefix("W/").unwrap_or(tag);
        let inner = quoted
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        inner.is_some_and(|inner| {
            inner
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'"')
        })
    };
    match text.is_empty() || text == "*" || text.split(',').all(is_tag) {
        true => Ok(()),
        false => Err("must be * or a list of entity tags".to_owned()),
    }
}

/// What an id looks like, apart from its length in bytes.
const ID: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]+$";

pub(super) const CURSOR: Param = text(
    "cursor",
    "nextCursor of the page before; absent or empty for the first page",
    "^[A-Za-z0-9_-]*$",
    schema::CURSOR_FORMAT,
    empty_or::<Cursor>,
);
pub(super) const LIMIT: Param = integer("limit", "most products of the page", 1, 1_000, Some(50));
pub(super) const STORE: Param = text(
    "storeId",
    "only products that this store ever had, with what is available there",
    ID,
    schema::ID_FORMAT,
    parses::<StoreId>,
);
pub(super) const PREFIX: Param = text(
    "prefix",
    "only products whose id starts with this",
    ID,
    schema::ID_FORMAT,
    parses::<ProductId>,
);
pub(super) const BELOW: Param = integer(
    "below",
    "only products with less than this available",
    1,
    QUANTITY_MAX,
    None,
);

pub(super) const FROM_OFFSET: Param = integer(
    "fromOffset",
    "the last offset that is known already",
    0,
    QUANTITY_MAX,
    None,
);
pub(super) const CHANGES_LIMIT: Param = integer(
    "limit",
    "most events of the page, which is passed to finish a request",
    1,
    10_000,
    Some(500),
);
pub(super) const LONG_POLL: Param = integer(
    "longPollSeconds",
    "how long to wait for an event when there is none",
    0,
    60,
    Some(0),
);
pub(super) const EPOCH: Param = text(
    "epoch",
    "the epoch that the offset is of",
    "^[0-9a-f]{32}$",
    "",
    parses::<Epoch>,
);
pub(super) const CHAIN: Param = text(
    "chain",
    "the chain at the offset",
    "^[0-9a-f]{16}$",
    "",
    parses::<Chain>,
);

static KEY_HEADER: HeaderParam = HeaderParam {
    header: HeaderName::from_static("idempotency-key"),
    param: text(
        "Idempotency-Key",
        "names the intent, in place of the body's idempotencyKey",
        "^[!-~]([ -~]{0,126}[!-~])?$",
        "",
        parses::<IdempotencyKey>,
    ),
};
pub(super) static IF_MATCH: HeaderParam = HeaderParam {
    header: header::IF_MATCH,
    param: text(
        "If-Match",
        "412 unless the product has one of these versions",
        ETAGS,
        "",
        etags,
    ),
};
pub(super) static IF_NONE_MATCH: HeaderParam = HeaderParam {
    header: header::IF_NONE_MATCH,
    param: text(
        "If-None-Match",
        "304 when the product has one of these versions",
        ETAGS,
        "",
        etags,
    ),
};
pub(super) static LAST_EVENT_ID: HeaderParam = HeaderParam {
    header: HeaderName::from_static("last-event-id"),
    param: text(
        "Last-Event-ID",
        "epoch.offset of the last event that was received",
        "^[0-9a-f]{32}\\.[0-9]{1,19}$",
        "",
        parses::<EventId>,
    ),
};

pub(super) static MUTATION_HEADERS: &[&HeaderParam] = &[&KEY_HEADER];
pub(super) static PRODUCT_HEADERS: &[&HeaderParam] = &[&IF_MATCH, &IF_NONE_MATCH];
pub(super) static STREAM_HEADERS: &[&HeaderParam] = &[&LAST_EVENT_ID];

/// Most digits of an offset: all that a log can reach, and no number that a `u64` could not hold.
const OFFSET_DIGITS_MAX: usize = 19;

/// What an event of a stream is called: where a follower stands once it has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EventId {
    pub(super) epoch: Epoch,
    pub(super) offset: Sequence,
}

impl FromStr for EventId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.split_once('.').and_then(|(epoch, offset)| {
            let digits = offset.len() <= OFFSET_DIGITS_MAX
                && offset.bytes().all(|byte| byte.is_ascii_digit());
            let offset = digits.then(|| offset.parse().ok())??;
            let epoch = epoch.parse().ok()?;
            Some(Self {
                epoch,
                offset: Sequence::new(offset),
            })
        });
        parsed.ok_or("must be an epoch and an offset with a dot between them")
    }
}

/// The product in the path.
pub(super) fn product<S>(call: &Call<S>) -> Result<ProductId, ApiError> {
    call.path.parse(0, "productId", |text| {
        ProductId::new(text).map_err(|error| error.to_string())
    })
}

/// A text parameter that was checked when the query was parsed.
pub(super) fn checked<S, T: FromStr>(call: &Call<S>, param: &Param) -> Option<T> {
    call.query.text(param).and_then(|text| text.parse().ok())
}

/// The key of a mutation: in the body, in the header, or the same in both.
pub(super) fn key<S>(
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
pub(super) fn required_key<S>(
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
