//! Errors as bodies state them: a code, a sentence, and what is wrong with which field.

use std::borrow::Cow;

use hyper::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of error an answer is. Each has one status.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request is malformed, or a value is outside its published range.
    BadRequest,
    /// No key, or one that nobody knows.
    Unauthorized,
    /// The key may not do this.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// The path takes other methods.
    MethodNotAllowed,
    /// A body or head did not arrive in time.
    RequestTimeout,
    /// The product is at another version.
    Conflict,
    /// The position cannot be followed any more.
    Gone,
    /// A condition in the request's head does not hold.
    PreconditionFailed,
    /// The body is too large.
    PayloadTooLarge,
    /// The request target is too long.
    UriTooLong,
    /// The body is not plain JSON.
    UnsupportedMediaType,
    /// Well formed, and impossible.
    Unprocessable,
    /// The product waits for a count.
    Quarantined,
    /// The key has used up its requests.
    RateLimited,
    /// A fault of this program.
    Internal,
    /// It cannot be said now. The outcome of a mutation is unknown; the same key settles it.
    Unavailable,
}

impl Code {
    /// The status that goes with the code.
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict => StatusCode::CONFLICT,
            Self::Gone => StatusCode::GONE,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Quarantined => StatusCode::LOCKED,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The code as it stands in a body.
    pub fn text(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::RequestTimeout => "request_timeout",
            Self::Conflict => "conflict",
            Self::Gone => "gone",
            Self::PreconditionFailed => "precondition_failed",
            Self::PayloadTooLarge => "payload_too_large",
            Self::UriTooLong => "uri_too_long",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::Unprocessable => "unprocessable",
            Self::Quarantined => "quarantined",
            Self::RateLimited => "rate_limited",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
        }
    }
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Detail {
    /// The field: a path into the body, a query parameter, a header, or empty for the request as a whole.
    pub field: Cow<'static, str>,
    /// What is wrong with it.
    pub issue: String,
}

/// What is true of a product now, so that the next try needs no read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CurrentStock {
    /// The product's version.
    pub version: u64,
    /// Available over all stores.
    pub available: u64,
    /// Available at the store of the request.
    pub store_quantity: u64,
}

/// Why a position cannot be followed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GoneReason {
    /// Events after it are no longer kept.
    Retention,
    /// The log ends before it.
    Ahead,
    /// The log has another epoch: it was restored or restarted.
    Epoch,
    /// The log has another history at the offset.
    Chain,
}

/// What a follower that lost its place needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GonePosition {
    /// Why.
    pub reason: GoneReason,
    /// Where the state is that can be followed from.
    pub snapshot: Cow<'static, str>,
    /// The epoch of the log.
    pub epoch: String,
    /// The offset before the oldest event that is kept.
    pub oldest_offset: u64,
    /// The end of the log.
    pub last_offset: u64,
}

/// The body of every error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ApiError")]
pub struct ErrorBody {
    /// What kind of error it is.
    pub code: Code,
    /// What is true now, and what can help.
    pub message: Cow<'static, str>,
    /// What is wrong with which field.
    pub details: Vec<Detail>,
    /// With `conflict` and `precondition_failed`: what the product is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<CurrentStock>,
    /// With `gone`: why, and where to start again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<GonePosition>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_written_as_its_text() {
        for code in [Code::BadRequest, Code::UriTooLong, Code::Unavailable] {
            let written = serde_json::to_string(&code).unwrap();
            assert_eq!(written, format!("{:?}", code.text()));
        }
    }
}
