//! The parameters of central's calls.

use std::str::FromStr;

use hyper::header;
use inventory_core::vocabulary::{Chain, Epoch, ID_BYTES_MAX, QUANTITY_MAX, StoreId};

use crate::server::{Call, HeaderParam, Param};
use crate::wire::{NodeId, PathParam, Position, headers, schema};

pub(super) const LETTER_PATH: &[PathParam] = &[PathParam {
    name: "letterId",
    about: "the dead letter",
    schema: schema::letter_id,
    example: "1",
}];

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

/// What the start of an id looks like, apart from its length in bytes: it may end with a blank.
const PREFIX_PATTERN: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]{1,128}$";

fn prefix(text: &str) -> Result<(), String> {
    let fits = (1..=ID_BYTES_MAX).contains(&text.len());
    match fits && !text.contains(char::is_control) {
        true => Ok(()),
        false => Err(format!(
            "must be 1 to {ID_BYTES_MAX} bytes without control characters"
        )),
    }
}

pub(super) const STORE: Param = Param::id::<StoreId>(
    "storeId",
    "only products that this store ever had, with what is available there",
);
pub(super) const OF_STORE: Param =
    Param::id::<StoreId>("storeId", "the store in whose name a node asks");
pub(super) const NODE: Param = Param::parsed::<NodeId>(
    "node",
    "what the node calls itself: 32 hexadecimal digits that it has drawn when it was started",
    "^[0-9a-f]{32}$",
    "",
);
pub(super) const PREFIX: Param = Param::text(
    "prefix",
    "only products whose id starts with this",
    PREFIX_PATTERN,
    "",
    prefix,
);
pub(super) const BELOW: Param = Param::integer(
    "below",
    "only products with less than this available",
    1,
    QUANTITY_MAX,
    None,
);

pub(super) const FROM_OFFSET: Param = Param::integer(
    "fromOffset",
    "the last offset that is known already; within a request, all of it is given again",
    0,
    QUANTITY_MAX,
    None,
);
pub(super) const CHANGES_LIMIT: Param = Param::integer(
    "limit",
    "most events of the page, which is passed to finish a request",
    1,
    10_000,
    Some(500),
);
pub(super) const LONG_POLL: Param = Param::integer(
    "longPollSeconds",
    "how long to wait for an event when there is none",
    0,
    60,
    Some(0),
);
pub(super) const EPOCH: Param = Param::parsed::<Epoch>(
    "epoch",
    "the epoch that the offset is of",
    "^[0-9a-f]{32}$",
    "",
);
pub(super) const CHAIN: Param =
    Param::parsed::<Chain>("chain", "the chain at the offset", "^[0-9a-f]{16}$", "");

pub(super) static IF_MATCH: HeaderParam = HeaderParam {
    header: header::IF_MATCH,
    param: Param::text(
        "If-Match",
        "412 unless the product has one of these tags; a weak one is none",
        ETAGS,
        "",
        etags,
    ),
};
pub(super) static IF_NONE_MATCH: HeaderParam = HeaderParam {
    header: header::IF_NONE_MATCH,
    param: Param::text(
        "If-None-Match",
        "304 when the product has one of these tags",
        ETAGS,
        "",
        etags,
    ),
};
pub(super) static LAST_EVENT_ID: HeaderParam = HeaderParam {
    header: headers::LAST_EVENT_ID,
    param: Param::parsed::<Position>(
        "Last-Event-ID",
        "epoch.offset.chain of the last event that was received: where the stream goes on, if it is the same log",
        "^[0-9a-f]{32}\\.[0-9]{1,19}\\.[0-9a-f]{16}$",
        "",
    ),
};

pub(super) static PRODUCT_HEADERS: &[&HeaderParam] = &[&IF_MATCH, &IF_NONE_MATCH];
pub(super) static STREAM_HEADERS: &[&HeaderParam] = &[&LAST_EVENT_ID];

/// A text parameter that was checked when the query was parsed.
pub(super) fn checked<S, T: FromStr>(call: &Call<S>, param: &Param) -> Option<T> {
    call.query.text(param).and_then(|text| text.parse().ok())
}
