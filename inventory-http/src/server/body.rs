//! Reads the body of a request: JSON, whole, not too large, and not too slowly.

use std::pin::pin;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::HeaderMap;
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE};
use tokio::time::{Duration, Instant, sleep_until};

use super::budget::{Budget, Share};
use super::caller::Caller;
use super::error::ApiError;
use super::limits::Limits;
use crate::wire::Code;

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
    check_type(headers)?;
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

/// Checks that the head says that the body is JSON.
///
/// # Errors
///
/// It says something else, or nothing.
pub(super) fn check_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let json = types.next().is_some_and(|value| is_json(value.as_bytes()));
    match json && types.next().is_none() {
        true => Ok(()),
        false => Err(ApiError::new(
            Code::UnsupportedMediaType,
            "send Content-Type: application/json, once; nothing was done",
        )),
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

/// What is read of a body, and how slowly at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    bytes_max: usize,
    period: Duration,
    /// Bytes that must come in a period.
    bytes_least: usize,
}

impl Bounds {
    pub(super) fn new(bytes_max: usize, limits: &Limits) -> Self {
        Self {
            bytes_max,
            period: limits.body_period,
            bytes_least: limits.body_bytes_least,
        }
    }
}

/// Room for the bodies of all connections.
#[derive(Debug)]
pub(super) struct Bodies {
    all: Budget,
    /// What each caller may have of it: half of all, so that one leaves some to the others.
    half: usize,
    /// Of who needs no key.
    of_others: Budget,
}

/// The room that one body takes, until this is dropped.
#[derive(Debug)]
pub(super) struct Room {
    all: Share,
    own: Share,
}

impl Bodies {
    pub(super) fn new(bytes_max: usize) -> Self {
        let half = bytes_max / 2;
        Self {
            all: Budget::new(bytes_max),
            half,
            of_others: Budget::new(half),
        }
    }

    /// Room of which nothing is taken yet.
    pub(super) fn room(&self, caller: Option<&Caller>) -> Room {
        let own = caller.map_or(&self.of_others, |caller| caller.bodies(self.half));
        let empty = "nothing is always there";
        Room {
            all: self.all.take(0).expect(empty),
            own: own.take(0).expect(empty),
        }
    }
}

impl Room {
    fn grow(&mut self, bytes: usize) -> Result<(), ApiError> {
        match self.own.grow(bytes) && self.all.grow(bytes) {
            true => Ok(()),
            false => {
                let message = "there is no room for this body now; nothing was done";
                Err(ApiError::unavailable(message))
            }
        }
    }
}

/// Reads a body to its end.
///
/// # Errors
///
/// It is too large, too slow, or broken, or there is no room for it. The rest of it was not read.
pub(super) async fn read<B>(
    body: &mut B,
    bounds: Bounds,
    room: &mut Room,
) -> Result<Bytes, ApiError>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut first = Bytes::new();
    let mut more = BytesMut::new();
    let (mut read, mut in_period) = (0, 0);
    let mut period = pin!(sleep_until(Instant::now() + bounds.period));
    loop {
        let frame = tokio::select! {
            biased;
            frame = body.frame() => frame,
            () = period.as_mut() => {
                if in_period < bounds.bytes_least {
                    let message = "the body comes too slowly; nothing was done";
                    return Err(ApiError::new(Code::RequestTimeout, message));
                }
                in_period = 0;
                period.as_mut().reset(Instant::now() + bounds.period);
                continue;
            }
        };
        let Some(frame) = frame else {
            break;
        };
        let broken = |_| ApiError::new(Code::BadRequest, "the body broke off; nothing was done");
        let Ok(data) = frame.map_err(broken)?.into_data() else {
            continue;
        };
        read += data.len();
        in_period += data.len();
        if read > bounds.bytes_max {
            return Err(too_large(bounds.bytes_max));
        }
        room.grow(data.len())?;
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
}

fn too_large(bytes_max: usize) -> ApiError {
    let message = format!("the body has more than {bytes_max} bytes; nothing was done");
    ApiError::new(Code::PayloadTooLarge, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::{ApiKey, Quota};

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

    /// A body that comes so many bytes at a time, one piece each second.
    struct Slow {
        pieces: usize,
        bytes: usize,
        next: std::pin::Pin<Box<tokio::time::Sleep>>,
    }

    impl Body for Slow {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            context: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
            if self.pieces == 0 {
                return std::task::Poll::Ready(None);
            }
            std::task::ready!(self.next.as_mut().poll(context));
            self.next = Box::pin(sleep_until(Instant::now() + Duration::from_secs(1)));
            self.pieces -= 1;
            let piece = vec![b' '; self.bytes];
            std::task::Poll::Ready(Some(Ok(hyper::body::Frame::data(piece.into()))))
        }
    }

    async fn read_slowly(pieces: usize, bytes: usize, room: &mut Room) -> Result<usize, Code> {
        let next = Box::pin(sleep_until(Instant::now() + Duration::from_secs(1)));
        let mut body = Slow {
            pieces,
            bytes,
            next,
        };
        let bounds = Bounds::new(16 * 1024 * 1024, &Limits::default());
        let read = read(&mut body, bounds, room).await;
        read.map(|body| body.len()).map_err(|error| error.code())
    }

    /// 128 kbit/s for seventeen minutes, and a byte a second.
    #[tokio::test(start_paused = true)]
    async fn who_is_slow_and_steady_is_read_to_the_end_and_who_only_holds_on_is_not() {
        let bodies = Bodies::new(64 * 1024 * 1024);
        let begun = Instant::now();
        let room = &mut bodies.room(None);
        assert_eq!(read_slowly(1_000, 16_000, room).await, Ok(16_000_000));
        assert!(begun.elapsed() >= Duration::from_secs(1_000));
        let begun = Instant::now();
        let room = &mut bodies.room(None);
        assert_eq!(read_slowly(1_000, 1, room).await, Err(Code::RequestTimeout));
        assert!(begun.elapsed() <= Duration::from_secs(11));
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_have_room_for_so_many_bytes_and_one_key_for_half_of_them() {
        let bodies = Bodies::new(4_000);
        let quota = Quota {
            tokens: 0,
            store_tokens: 0,
            period: Duration::from_secs(1),
        };
        let callers = ["a", "b"].map(|key| Caller::new(ApiKey::parse(key).unwrap(), quota));
        let key = |at: usize| Some(&callers[at]);
        let mut first = bodies.room(key(0));
        assert_eq!(read_slowly(1, 2_000, &mut first).await, Ok(2_000));
        let refused = read_slowly(1, 1, &mut bodies.room(key(0))).await;
        assert_eq!(refused, Err(Code::Unavailable));
        let mut second = bodies.room(key(1));
        assert_eq!(read_slowly(2, 1_000, &mut second).await, Ok(2_000));
        let refused = read_slowly(1, 1, &mut bodies.room(None)).await;
        assert_eq!(refused, Err(Code::Unavailable));
        drop(first);
        let again = read_slowly(1, 1, &mut bodies.room(key(0))).await;
        assert_eq!(again, Ok(1));
    }
}
