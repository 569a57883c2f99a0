//! What an answer of central means.

use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::RETRY_AFTER;
use hyper::http::response;
use serde::Deserialize;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, IntoDeserializer as _};

use super::error::{CallError, Effect, Failure, InvalidAnswer};
use crate::wire::{Code, ErrorBody};

/// Longest wait that is taken from an answer: whatever names a longer one is not to be waited for.
const RETRY_AFTER_S_MAX: u64 = 24 * 60 * 60;

/// A call that has had its effect, now or by an earlier one with the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered<A> {
    /// What it has led to.
    pub answer: A,
    /// Whether an earlier call has had the effect.
    pub replayed: bool,
    /// Central's answer, byte for byte.
    pub body: Bytes,
}

/// A call that was passed on, and has succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// What central has answered with.
    pub status: StatusCode,
    /// Whether an earlier call with the same key has had the effect.
    pub replayed: bool,
    /// Central's answer, byte for byte.
    pub body: Bytes,
}

/// The body of a success; of anything else, what it means.
pub(super) fn judge(
    head: &response::Parts,
    body: Bytes,
    once_sent: Effect,
) -> Result<Bytes, CallError> {
    if matches!(head.status, StatusCode::OK | StatusCode::CREATED) {
        return Ok(body);
    }
    let status = head.status.as_u16();
    let retry_after = retry_after(head);
    let said: Option<Box<ErrorBody>> = serde_json::from_slice(&body).ok();
    if head.status.is_server_error() {
        let failure = Failure::Answered {
            status,
            error: said,
        };
        return Err(once_sent.failed(failure, retry_after));
    }
    match said {
        // Whatever stands in between may copy a status, but hardly central's words with the same status.
        Some(error) if error.code.status() == head.status => Err(refused(error, body, retry_after)),
        _ => Err(CallError::NotUnderstood {
            status: Some(status),
            effect: once_sent,
            source: unknown(&body),
        }),
    }
}

/// An error that a later central may send.
#[derive(Deserialize)]
struct AnyError {
    code: String,
    message: String,
}

fn unknown(body: &[u8]) -> InvalidAnswer {
    match serde_json::from_slice(body) {
        // A code that is known has a status of its own: what copies one is not central.
        Ok(AnyError { code, message }) if !is_known(&code) => InvalidAnswer::Code { code, message },
        Ok(_) | Err(_) => InvalidAnswer::Status,
    }
}

fn refused(mut error: Box<ErrorBody>, body: Bytes, retry_after: Option<Duration>) -> CallError {
    match error.position.take() {
        Some(position) if error.code == Code::Gone => CallError::Gone {
            position: Box::new(position),
            body,
        },
        position => {
            error.position = position;
            CallError::Refused {
                status: error.code.status().as_u16(),
                error,
                body,
                retry_after,
            }
        }
    }
}

/// Whether this version knows a code.
fn is_known(code: &str) -> bool {
    let text: StrDeserializer<'_, serde::de::value::Error> = code.into_deserializer();
    Code::deserialize(text).is_ok()
}

/// Parses the body of a success.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8], once_sent: Effect) -> Result<T, CallError> {
    serde_json::from_slice(body).map_err(|error| CallError::NotUnderstood {
        status: Some(StatusCode::OK.as_u16()),
        effect: once_sent,
        source: InvalidAnswer::Json(error),
    })
}

/// The wait that an answer asks for. Central counts in seconds; a date would need a clock that both agree on.
fn retry_after(head: &response::Parts) -> Option<Duration> {
    let text = head.headers.get(RETRY_AFTER)?.to_str().ok()?;
    let seconds: u64 = text.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(RETRY_AFTER_S_MAX)))
}
