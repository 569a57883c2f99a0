//! One request and its answer, each step against its deadline.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use hyper::http::response;
use hyper::{Method, StatusCode};
use tokio::time::{Instant, timeout_at};

use super::error::{CallError, Effect, Failure, InvalidAnswer};
use super::origin::Origin;
use super::pool::{Lease, Pool, Wanted};
use super::settings::{AnswerLimits, CentralSettings};
use super::tracer::{Attempt, AttemptSpan};
use crate::Causes;
use crate::wire::TraceContext;
use crate::wire::headers::{TRACEPARENT, TRACESTATE, X_API_KEY};

/// What is sent and taken.
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Longer than any process runs, and no overflow of a clock.
const STEP_MAX: Duration = Duration::from_secs(60 * 60 * 24 * 365);

/// A request, ready to be sent more than once.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: Method,
    /// The pattern of the path.
    pub(super) template: &'static str,
    /// The path and the query.
    pub(super) target: String,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// The trace that it is part of.
    pub(super) trace: Option<TraceContext>,
    pub(super) body: Bytes,
    /// How large its answer may be.
    pub(super) size: Size,
    /// What is known of its effect when it fails after it was sent.
    pub(super) once_sent: Effect,
}

/// How large an answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// To one thing.
    Small,
    /// To many lines or rows.
    Bulk,
    /// A page of a listing or of the log.
    Page,
}

impl Size {
    pub(super) fn bytes_max(self, limits: &AnswerLimits) -> u64 {
        match self {
            Self::Small => limits.answer_bytes_max,
            Self::Bulk => limits.bulk_bytes_max,
            Self::Page => limits.page_bytes_max,
        }
    }
}

/// How long the steps may take, and when all must have ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadlines {
    pub(super) connect: Duration,
    pub(super) answer: Duration,
    pub(super) deadline: Option<Instant>,
}

/// An answer whose body is still to be read.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) head: response::Parts,
    pub(super) body: Incoming,
    pub(super) lease: Lease,
    pub(super) once_sent: Effect,
    /// Until the body is read.
    span: Option<Box<dyn AttemptSpan>>,
    answer_by: Instant,
}

impl Request {
    /// A request that changes nothing.
    pub(super) fn get(template: &'static str, target: String) -> Self {
        Self {
            method: Method::GET,
            template,
            target,
            trace: None,
            headers: vec![(ACCEPT, JSON)],
            body: Bytes::new(),
            size: Size::Small,
            once_sent: Effect::NothingDone,
        }
    }

    /// A request that has an effect.
    pub(super) fn sending(
        method: Method,
        template: &'static str,
        target: String,
        json: Bytes,
    ) -> Self {
        Self {
            method,
            headers: vec![(CONTENT_TYPE, JSON), (ACCEPT, JSON)],
            body: json,
            once_sent: Effect::Unknown,
            ..Self::get(template, target)
        }
    }

    /// A request that removes something.
    pub(super) fn removing(template: &'static str, target: String) -> Self {
        Self {
            method: Method::DELETE,
            once_sent: Effect::Unknown,
            ..Self::get(template, target)
        }
    }

    /// The same from somebody.
    pub(super) fn from(mut self, origin: &Origin) -> Self {
        self.headers.extend(origin.headers());
        self.trace.clone_from(&origin.trace);
        self
    }

    /// The same with an answer of another size.
    pub(super) fn answered_by(mut self, size: Size) -> Self {
        self.size = size;
        self
    }

    /// The span of sending it once.
    fn span(&self, settings: &CentralSettings, resent: u32) -> Option<Box<dyn AttemptSpan>> {
        let tracer = settings.tracer.as_ref()?;
        let attempt = Attempt {
            method: self.method.as_str(),
            template: self.template,
            url: &format!("{}{}", settings.url.with_port(), self.target),
            host: settings.url.host(),
            port: settings.url.port(),
            resent,
        };
        Some(tracer.begin(&attempt, self.trace.as_ref()))
    }

    fn head_and_body(
        &self,
        settings: &CentralSettings,
        trace: Option<&TraceContext>,
    ) -> hyper::Request<Full<Bytes>> {
        let mut request = hyper::Request::builder()
            .method(self.method.clone())
            .uri(&self.target)
            .header(HOST, settings.url.authority())
            .header(X_API_KEY, settings.key.header());
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(TraceContext { parent, state }) = trace {
            request = request.header(TRACEPARENT, parent.to_string());
            // It came in a header.
            let state = state
                .as_deref()
                .and_then(|state| HeaderValue::from_str(state).ok());
            if let Some(state) = state {
                request = request.header(TRACESTATE, state);
            }
        }
        request
            .body(Full::new(self.body.clone()))
            .expect("targets are made of constants, numbers and digits")
    }
}

impl Deadlines {
    fn by(&self, step: Duration) -> Instant {
        let by = Instant::now() + step.min(STEP_MAX);
        self.deadline.map_or(by, |deadline| deadline.min(by))
    }
}

/// Sends a request until it is sent once, after so many attempts, which are counted. A connection that turns out to be closed
/// costs a second try only when the request was not sent on it, or changes nothing.
pub(super) async fn send(
    pool: &Arc<Pool>,
    settings: &CentralSettings,
    request: &Request,
    deadlines: Deadlines,
    attempts: &mut u32,
) -> Result<Reply, CallError> {
    let connect_by = deadlines.by(deadlines.connect);
    let mut wanted = Wanted::Any;
    loop {
        let span = request.span(settings, *attempts);
        *attempts += 1;
        let failed = |error: CallError| {
            fail(span.as_deref(), &error);
            error
        };
        let lease = pool.lease(wanted, connect_by).await;
        let mut lease =
            lease.map_err(|failure| failed(Effect::NothingDone.failed(failure, None)))?;
        let answer_by = deadlines.by(deadlines.answer);
        let own = span.as_ref().and_then(|span| span.trace());
        let whole = request.head_and_body(settings, own.as_ref().or(request.trace.as_ref()));
        let sending = lease.sender.try_send_request(whole);
        let error = match timeout_at(answer_by, sending).await {
            Ok(Ok(response)) => {
                let (head, body) = response.into_parts();
                if let Some(span) = &span {
                    span.answered(head.status.as_u16());
                }
                return Ok(Reply {
                    head,
                    body,
                    lease,
                    once_sent: request.once_sent,
                    span,
                    answer_by,
                });
            }
            Ok(Err(error)) => error,
            Err(_) => {
                lease.doubt();
                return Err(failed(
                    request.once_sent.failed(Failure::AnswerTimeout, None),
                ));
            }
        };
        // The request comes back exactly when nothing of it was written.
        let effect = match error.message() {
            Some(_) => Effect::NothingDone,
            None => request.once_sent,
        };
        let error = error.into_error();
        if error.is_parse() {
            return Err(failed(CallError::NotUnderstood {
                status: None,
                effect,
                source: InvalidAnswer::Http(error),
            }));
        }
        let error = failed(effect.failed(Failure::Broken(error), None));
        if !lease.reused || effect == Effect::Unknown {
            return Err(error);
        }
        wanted = Wanted::Fresh;
    }
}

fn fail(span: Option<&dyn AttemptSpan>, error: &CallError) {
    if let Some(span) = span {
        span.failed(error.kind(), &Causes(error));
    }
}

impl Reply {
    /// What was to be read of the answer could not be.
    pub(super) fn failed(&self, error: CallError) -> CallError {
        fail(self.span.as_deref(), &error);
        error
    }

    pub(super) fn status(&self) -> StatusCode {
        self.head.status
    }

    /// Reads the body to its end, and keeps the connection.
    pub(super) async fn read(
        mut self,
        bytes_max: u64,
    ) -> Result<(response::Parts, Bytes), CallError> {
        let read = timeout_at(self.answer_by, collect(&mut self.body, bytes_max)).await;
        match read {
            Err(_) => {
                self.lease.doubt();
                Err(self.failed(self.once_sent.failed(Failure::AnswerTimeout, None)))
            }
            Ok(Err(Unread::Broken(error))) => {
                Err(self.failed(self.once_sent.failed(Failure::Broken(error), None)))
            }
            Ok(Err(Unread::TooLarge)) => {
                Err(self.failed(self.misfit(InvalidAnswer::TooLarge { bytes_max })))
            }
            Ok(Ok(bytes)) => {
                self.lease.keep();
                Ok((self.head, bytes))
            }
        }
    }

    pub(super) fn misfit(&self, source: InvalidAnswer) -> CallError {
        CallError::NotUnderstood {
            status: Some(self.status().as_u16()),
            effect: self.once_sent,
            source,
        }
    }
}

enum Unread {
    Broken(hyper::Error),
    TooLarge,
}

async fn collect(body: &mut Incoming, bytes_max: u64) -> Result<Bytes, Unread> {
    if body.size_hint().lower() > bytes_max {
        return Err(Unread::TooLarge);
    }
    let mut first: Option<Bytes> = None;
    let mut more = BytesMut::new();
    let mut total = 0_u64;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(Unread::Broken)?.into_data() else {
            continue;
        };
        total += data.len() as u64;
        if total > bytes_max {
            return Err(Unread::TooLarge);
        }
        match &first {
            // Most answers are one piece, which is not copied.
            None => first = Some(data),
            Some(piece) => {
                if more.is_empty() {
                    more.extend_from_slice(piece);
                }
                more.extend_from_slice(&data);
            }
        }
    }
    Ok(match more.is_empty() {
        true => first.unwrap_or_default(),
        false => more.freeze(),
    })
}
