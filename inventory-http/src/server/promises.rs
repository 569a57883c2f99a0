//! Headers that a client takes for a promise: a call that does not keep it refuses them, since to ignore them would give a
//! safety that is not there.

use hyper::header::{HeaderName, IF_MATCH, IF_NONE_MATCH, IF_UNMODIFIED_SINCE};
use hyper::{HeaderMap, Method};

use super::faults::Faults;
use super::route::Route;
use crate::wire::headers;

/// What a change is asked to do by a header, and does only where its call declares that header: the header, its name as
/// people write it, and why the others refuse it.
const PROMISES: [(HeaderName, &str, &str); 5] = [
    (
        headers::ON_BEHALF_OF,
        "On-Behalf-Of",
        "is not taken by this call, which is made by the holder of the key",
    ),
    (
        headers::ACTING_STORE,
        "Acting-Store",
        "is not taken by this call, which is not bound to a store",
    ),
    (IF_MATCH, "If-Match", NO_CONDITION),
    (IF_NONE_MATCH, "If-None-Match", NO_CONDITION),
    (IF_UNMODIFIED_SINCE, "If-Unmodified-Since", NO_CONDITION),
];
const NO_CONDITION: &str =
    "is no condition of this call: where a change depends on a version, its body names it";

/// Tells which headers promise what a call does not do. A call that only reads promises nothing by ignoring them.
pub(super) fn check<S>(route: &Route<S>, given: &HeaderMap, faults: &mut Faults) {
    if matches!(route.method, Method::GET) {
        return;
    }
    let is_declared = |name: &HeaderName| route.headers.iter().any(|known| known.header == *name);
    if given.contains_key(&headers::IDEMPOTENCY_KEY) && !is_declared(&headers::IDEMPOTENCY_KEY) {
        let why = route.keyless;
        faults.push(
            "Idempotency-Key",
            format!("is not taken by this call: {why}"),
        );
    }
    for (header, name, why) in &PROMISES {
        if given.contains_key(header) && !is_declared(header) {
            faults.push(*name, *why);
        }
    }
}
