//! Compression of answers, for clients that ask for it.

use std::convert::Infallible;
use std::io::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::HeaderMap;
use hyper::body::{Body, Frame};
use hyper::header::ACCEPT_ENCODING;

use super::outgoing::Streamed;

/// Bodies below this size are sent as they are.
pub(super) const GZIP_BYTES_MIN: usize = 4 * 1024;

/// Bodies above this size are compressed while they are sent.
pub(super) const GZIP_BYTES_INLINE_MAX: usize = 64 * 1024;

/// Whether a client takes gzip: what it says of gzip counts, and else what it says of anything.
pub(super) fn accepted(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(ACCEPT_ENCODING).iter();
    let codings = lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','));
    let (mut gzip, mut any) = (None, None);
    for coding in codings {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let taken = parts.all(has_weight);
        if name.eq_ignore_ascii_case("gzip") {
            gzip = Some(taken);
        } else if name == "*" {
            any = Some(taken);
        }
    }
    gzip.or(any).unwrap_or(false)
}

/// Whether a parameter of a coding leaves it with a weight above zero.
fn has_weight(parameter: &str) -> bool {
    match parameter.split_once('=') {
        Some((name, weight)) if name.trim().eq_ignore_ascii_case("q") => weight
            .trim()
            .parse::<f32>()
            .is_ok_and(|weight| weight > 0.0),
        _ => true,
    }
}

/// Compresses a whole body.
pub(super) fn compress(body: &[u8]) -> Bytes {
    let room = Vec::with_capacity(body.len() / 4);
    let mut encoder = GzEncoder::new(room, Compression::fast());
    let written = encoder.write_all(body).and_then(|()| encoder.finish());
    written.expect("a vector takes every byte").into()
}

/// A body that is compressed while it is sent.
pub(super) struct Gzip {
    body: Streamed,
    encoder: Option<GzEncoder<Vec<u8>>>,
}

impl std::fmt::Debug for Gzip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gzip").finish_non_exhaustive()
    }
}

impl Gzip {
    /// Compresses what `body` yields.
    pub(super) fn new(body: Streamed) -> Self {
        let encoder = Some(GzEncoder::new(Vec::new(), Compression::fast()));
        Self { body, encoder }
    }
}

impl Body for Gzip {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        loop {
            let Some(mut encoder) = self.encoder.take() else {
                return Poll::Ready(None);
            };
            match self.body.as_mut().poll_frame(context) {
                Poll::Pending => {
                    self.encoder = Some(encoder);
                    return Poll::Pending;
                }
                Poll::Ready(Some(Ok(frame))) => {
                    let Ok(data) = frame.into_data() else {
                        self.encoder = Some(encoder);
                        continue;
                    };
                    encoder.write_all(&data).expect("a vector takes every byte");
                    let made = std::mem::take(encoder.get_mut());
                    self.encoder = Some(encoder);
                    if !made.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(made.into()))));
                    }
                }
                Poll::Ready(Some(Err(never))) => match never {},
                Poll::Ready(None) => {
                    let made = encoder.finish().expect("a vector takes every byte");
                    return Poll::Ready(Some(Ok(Frame::data(made.into()))));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_who_asks_for_it() {
        let asks = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, value.parse().unwrap());
            accepted(&headers)
        };
        for yes in [
            "gzip",
            "br, gzip;q=0.5",
            "*",
            "GZIP",
            "*;q=0, gzip",
            "gzip ; Q=1",
        ] {
            assert!(asks(yes), "{yes}");
        }
        for no in [
            "br",
            "gzip;q=0",
            "identity",
            "gzip; q=0.0",
            "",
            "gzip;q=0, *",
            "*, gzip;q=0",
            "GZIP;Q=0",
            "gzip; q = 0",
            "*;q=0",
            "gzip;q=-1",
            "gzip;q=high",
        ] {
            assert!(!asks(no), "{no}");
        }
    }
}
