//! What a handler gives back, and how it becomes a response.

use std::fmt;

use bytes::Bytes;
use hyper::header::{
    ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use hyper::{HeaderMap, Response, StatusCode};
use serde::Serialize;

use super::error::ApiError;
use super::gzip::{self, GZIP_BYTES_MIN, Gzip};
use super::limits::CHUNK_BYTES;
use super::outgoing::{Outgoing, Streamed};
use crate::wire::Code;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Answers without a body.
const BODILESS: [StatusCode; 2] = [StatusCode::NOT_MODIFIED, StatusCode::NO_CONTENT];

/// As many as most answers have: a map that grows is allocated twice.
const HEADERS: usize = 6;

/// An answer: a status, headers and a body.
pub struct Answer {
    status: StatusCode,
    content_type: HeaderValue,
    headers: HeaderMap,
    body: Content,
    /// The body, compressed, when it was so before.
    gzip: Option<Bytes>,
    /// Whether it costs no token.
    free: bool,
}

/// A body of JSON that is always the same: it is compressed once, whoever asks for it how often.
#[derive(Debug, Clone)]
pub struct Prepared {
    plain: Bytes,
    gzip: Bytes,
}

impl Prepared {
    /// A body that is written and compressed now.
    pub fn json(body: &impl Serialize) -> Self {
        let plain = serde_json::to_vec(body).expect("answers are made of texts and numbers");
        Self {
            gzip: gzip::compress(&plain),
            plain: plain.into(),
        }
    }
}

enum Content {
    Whole(Bytes),
    Streamed(Streamed),
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

impl Answer {
    /// 200 with a body of JSON.
    pub fn json(body: &impl Serialize) -> Self {
        Self::json_of(body, 256)
    }

    /// 200 with a body of JSON that takes about so many bytes: one that outgrows its room is copied.
    pub(crate) fn json_of(body: &impl Serialize, bytes: usize) -> Self {
        let mut bytes = Vec::with_capacity(bytes);
        serde_json::to_writer(&mut bytes, body).expect("answers are made of texts and numbers");
        Self::json_bytes(bytes.into())
    }

    /// 200 with a body that is JSON already.
    pub fn json_bytes(body: Bytes) -> Self {
        Self::whole(JSON, body)
    }

    /// 200 with what is always the same.
    pub fn prepared(body: &Prepared) -> Self {
        let mut answer = Self::json_bytes(body.plain.clone());
        answer.gzip = Some(body.gzip.clone());
        answer
    }

    /// 200 with a text.
    pub fn text(content_type: &'static str, body: String) -> Self {
        Self::whole(HeaderValue::from_static(content_type), body.into())
    }

    /// 200 with a body that is made while it is sent.
    pub fn streamed(content_type: &'static str, body: Streamed) -> Self {
        Self {
            status: StatusCode::OK,
            content_type: HeaderValue::from_static(content_type),
            headers: HeaderMap::with_capacity(HEADERS),
            body: Content::Streamed(body),
            gzip: None,
            free: false,
        }
    }

    /// The client has it already.
    pub fn not_modified() -> Self {
        Self::empty(StatusCode::NOT_MODIFIED)
    }

    /// A status, and nothing else.
    pub(super) fn empty(status: StatusCode) -> Self {
        Self::whole(JSON, Bytes::new()).with_status(status)
    }

    fn whole(content_type: HeaderValue, body: Bytes) -> Self {
        Self {
            status: StatusCode::OK,
            content_type,
            headers: HeaderMap::with_capacity(HEADERS),
            body: Content::Whole(body),
            gzip: None,
            free: false,
        }
    }

    /// With another status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// With one more header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// Costs no token: it was given before.
    #[must_use]
    pub fn free(mut self) -> Self {
        self.free = true;
        self
    }

    pub(super) fn is_free(&self) -> bool {
        self.free
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The body, unless it is made while it is sent.
    pub(super) fn whole_body(&self) -> Option<&Bytes> {
        match &self.body {
            Content::Whole(bytes) => Some(bytes),
            Content::Streamed(_) => None,
        }
    }

    /// With a body that is given chunk by chunk.
    pub(super) fn streaming(mut self) -> Self {
        self.body = match self.body {
            Content::Whole(bytes) => Content::Streamed(Box::pin(Outgoing::whole(bytes))),
            streamed @ Content::Streamed(_) => streamed,
        };
        self
    }

    /// Compresses a body while it is made, when it is not one of events that must not wait for each other.
    pub(super) fn gzip_stream(mut self) -> Self {
        if self.content_type != JSON {
            return self;
        }
        self.body = match self.body {
            Content::Streamed(streamed) => Content::Streamed(Box::pin(Gzip::new(streamed))),
            whole @ Content::Whole(_) => whole,
        };
        self.compressed()
    }

    /// With the header that says that it is compressed.
    pub(super) fn compressed(self) -> Self {
        self.with_header(CONTENT_ENCODING, HeaderValue::from_static("gzip"))
    }

    /// Whether somebody else may be sent other bytes of the same, compressed or not.
    pub(super) fn varies(&self) -> bool {
        match &self.body {
            Content::Whole(bytes) => bytes.len() >= GZIP_BYTES_MIN,
            Content::Streamed(_) => self.content_type == JSON,
        }
    }

    /// The bytes that only this answer keeps in memory: those that are more than one chunk, and nobody else's.
    pub(super) fn own_bytes(&self) -> Option<usize> {
        let body = self.whole_body()?;
        (body.len() > CHUNK_BYTES && body.is_unique()).then_some(body.len())
    }

    /// The body, compressed, when it was so before.
    pub(super) fn take_gzip(&mut self) -> Option<Bytes> {
        self.gzip.take()
    }

    pub(super) fn replace_body(&mut self, body: Bytes) {
        self.body = Content::Whole(body);
    }

    pub(super) fn into_response(self) -> Response<Outgoing> {
        let body = match self.body {
            Content::Whole(bytes) => Outgoing::whole(bytes),
            Content::Streamed(streamed) => Outgoing::streamed(streamed),
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        if !BODILESS.contains(&self.status) {
            response
                .headers_mut()
                .insert(CONTENT_TYPE, self.content_type);
        }
        response
    }
}

impl From<ApiError> for Answer {
    fn from(error: ApiError) -> Self {
        let mut answer = Self::json(error.body()).with_status(error.code().status());
        if let Some(seconds) = error.retry_after_s() {
            answer = answer.with_header(RETRY_AFTER, seconds.into());
        }
        if !error.allow().is_empty() {
            let methods: Vec<_> = error.allow().iter().map(|method| method.as_str()).collect();
            let allow = HeaderValue::try_from(methods.join(", "));
            answer = answer.with_header(ALLOW, allow.expect("methods are tokens"));
        }
        if error.code() == Code::Unauthorized {
            let scheme = HeaderValue::from_static("Bearer");
            answer = answer.with_header(WWW_AUTHENTICATE, scheme);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_always_the_same_is_compressed_once() {
        let prepared = Prepared::json(&vec![7; 4_000]);
        let given = || Answer::prepared(&prepared).take_gzip().unwrap().as_ptr();
        assert_eq!(given(), given());
    }
}
