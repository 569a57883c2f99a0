//! The names of headers that are not of HTTP itself.

use hyper::header::HeaderName;

/// For which store alone the holder of a key acts.
pub const ACTING_STORE: HeaderName = HeaderName::from_static("acting-store");

/// Names the intent of a mutation.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// There, and true, when an answer is the first one again.
pub const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The event that a client of a stream has received last.
pub const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// For whom the holder of a key asks.
pub const ON_BEHALF_OF: HeaderName = HeaderName::from_static("on-behalf-of");

/// Requests that a key has in each period.
pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");

/// Requests that a key has left in this period.
pub const RATE_REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");

/// Seconds until the period ends.
pub const RATE_RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// The span that a request is a part of.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Which span an answer was.
pub const TRACERESPONSE: HeaderName = HeaderName::from_static("traceresponse");

/// What others who trace have to say.
pub const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Who calls, where `Authorization` is not used.
pub const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
