//! How an answer is sent: compressed where that is worth it, and to HEAD without its body.

use bytes::Bytes;
use hyper::body::Body as _;
use hyper::header::CONTENT_LENGTH;
use hyper::{Response, StatusCode};

use super::answer::Answer;
use super::gzip::{self, GZIP_BYTES_INLINE_MAX, GZIP_BYTES_MIN};
use super::outgoing::Outgoing;

pub(super) async fn compressed(mut answer: Answer) -> Answer {
    let Some(body) = answer.whole_body() else {
        return answer.gzip_stream();
    };
    if body.len() < GZIP_BYTES_MIN {
        return answer;
    }
    let body = body.clone();
    if let Some(made) = answer.take_gzip() {
        answer.replace_body(made);
        return answer.compressed();
    }
    let made = match body.len() <= GZIP_BYTES_INLINE_MAX {
        true => gzip::compress(&body),
        false => match tokio::task::spawn_blocking(move || gzip::compress(&body)).await {
            Ok(made) => made,
            // The runtime is stopping: the client gets what is there.
            Err(_) => return answer,
        },
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
