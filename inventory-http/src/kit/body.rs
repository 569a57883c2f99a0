//! Reads the body of a request: JSON, whole, not too large, in time.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::HeaderMap;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE};
use tokio::time::{Duration, timeout};

use super::error::{ApiError, Code};

/// Checks what the head says of the body, before any of it is read.
///
/// # Errors
///
/// It is not plain JSON, or too large.
pub(super) fn check(
    headers: &HeaderMap,
    body: &Incoming,
    bytes_max: usize,
) -> Result<(), ApiError> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let json = types.next().is_some_and(|value| is_json(value.as_bytes()));
    if !json || types.next().is_some() {
        return Err(ApiError::new(
            Code::UnsupportedMediaType,
            "send Content-Type: application/json, once; nothing was done",
        ));
    }
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    if encodings.any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(ApiError::new(
            Code::UnsupportedMediaType,
            "send the body without Content-Encoding; nothing was done",
        ));
    }
    match body.size_hint().lower() > bytes_max as u64 {
        true => Err(too_large(bytes_max)),
        false => Ok(()),
    }
}

fn is_json(value: &[u8]) -> bool {
    let Ok(value) = std::str::from_utf8(value) else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    let json = parts
        .next()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    let charset = |part: &str| {
        part.split_once('=').is_none_or(|(name, charset)| {
            !name.trim().eq_ignore_ascii_case("charset")
                || charset.trim_matches('"').eq_ignore_ascii_case("utf-8")
        })
    };
    json && parts.all(charset)
}

/// Reads a body to its end.
///
/// # Errors
///
/// It is too large, too slow, or broken.
pub(super) async fn read(
    mut body: Incoming,
    bytes_max: usize,
    within: Duration,
) -> Result<Bytes, ApiError> {
    let whole = async {
        let mut first = Bytes::new();
        let mut more = BytesMut::new();
        let mut read = 0;
        while let Some(frame) = body.frame().await {
            let broken =
                |_| ApiError::new(Code::BadRequest, "the body broke off; nothing was done");
            let Ok(data) = frame.map_err(broken)?.into_data() else {
                continue;
            };
            read += data.len();
            if read > bytes_max {
                return Err(too_large(bytes_max));
            }
            // Nearly every body is one frame, which is taken as it is.
            if first.is_empty() {
                first = data;
            } else {
                if more.is_empty() {
                    more.extend_from_slice(&first);
                }
                more.extend_from_slice(&data);
            }
        }
        Ok(if more.is_empty() {
            first
        } else {
            more.freeze()
        })
    };
    let late = |_| {
        ApiError::new(
            Code::RequestTimeout,
            "the body did not arrive in time; nothing was done",
        )
    };
    timeout(within, whole).await.map_err(late)?
}

fn too_large(bytes_max: usize) -> ApiError {
    let message = format!("the body has more than {bytes_max} bytes; nothing was done");
    ApiError::new(Code::PayloadTooLarge, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_what_says_so() {
        for good in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
        ] {
            assert!(is_json(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            "text/json",
            "application/jsonx",
            "application/json; charset=latin1",
        ] {
            assert!(!is_json(bad.as_bytes()), "{bad}");
        }
    }
}
