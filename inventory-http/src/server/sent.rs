//! How an answer is sent: compressed where that is worth it, and to HEAD without its body.

use bytes::Bytes;
use hyper::body::Body as _;
use hyper::header::CONTENT_LENGTH;
use hyper::{Response, StatusCode};

use super::answer::Answer;
use super::gzip::{self, GZIP_BYTES_INLINE_MAX, GZIP_BYTES_MIN};
use super::outgoing::Outgoing;

/// The answer, compressed: a small body at once, a large one while it is sent, with turns for others in between.
pub(super) fn compressed(mut answer: Answer) -> Answer {
    let made = answer.take_gzip();
    let Some(body) = answer.whole_body() else {
        return answer.gzip_stream();
    };
    let made = match made {
        Some(made) => made,
        None if body.len() < GZIP_BYTES_MIN => return answer,
        None if body.len() > GZIP_BYTES_INLINE_MAX => return answer.streaming().gzip_stream(),
        None => gzip::compress(body),
    };
    answer.replace_body(made);
    answer.compressed()
}

/// The answer to HEAD: the head that GET would have had.
pub(super) fn without_body(response: Response<Outgoing>) -> Response<Outgoing> {
    let (mut head, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact()
        && head.status != StatusCode::NOT_MODIFIED
    {
        head.headers.insert(CONTENT_LENGTH, length.into());
    }
    Response::from_parts(head, Outgoing::whole(Bytes::new()))
}
