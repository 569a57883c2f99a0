//! From a request to a response: the same steps, in the same order, for every call.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::body::{Body as _, Incoming};
use hyper::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING,
    VARY,
};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri, Version};

use super::answer::Answer;
use super::app::App;
use super::body::{self, Bounds};
use super::budget::Share;
use super::call::Call;
use super::error::{ApiError, Code};
use super::gzip::{self, GZIP_BYTES_INLINE_MAX, GZIP_BYTES_MIN};
use super::keys::Access;
use super::limits::TARGET_BYTES_MAX;
use super::listener::KeptFor;
use super::outgoing::Outgoing;
use super::pulse::Pulse;
use super::query::Query;
use super::quota::Taken;
use super::route::Handler;
use super::router::Found;
use super::target::PathParams;
use crate::telemetry::{RequestSpan, Served};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const RATE_REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RATE_RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The answers to bodies that are not read to their end, whatever was sent of them.
const BODY_LEFT: [StatusCode; 2] = [StatusCode::REQUEST_TIMEOUT, StatusCode::PAYLOAD_TOO_LARGE];
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// A request that takes longer is spoken of, unless it waits for something to happen.
const SLOW: Duration = Duration::from_secs(1);

/// One connection's requests. They count references to this rather than to what all connections share.
pub(super) struct Session<S> {
    app: Arc<App<S>>,
    pulse: Arc<Pulse>,
    kept_for: KeptFor,
}

impl<S> Session<S> {
    pub(super) fn new(app: Arc<App<S>>, pulse: Arc<Pulse>, kept_for: KeptFor) -> Self {
        Self {
            app,
            pulse,
            kept_for,
        }
    }

    pub(super) fn app(&self) -> &App<S> {
        &self.app
    }
}

impl<S: Send + Sync + 'static> Session<S> {
    pub(super) async fn respond(self: Arc<Self>, request: Request<Incoming>) -> Response<Outgoing> {
        let (in_flight, begun) = (self.pulse.begin(), Instant::now());
        let app = &*self.app;
        let (head, body) = request.into_parts();
        let method = match head.method {
            Method::HEAD => Method::GET,
            ref method => method.clone(),
        };
        let found = app.router().find(&method, head.uri.path());
        let (method_name, route) = (method_name(&head.method), found.label());
        let traceparent = head.headers.get(TRACEPARENT);
        let traceparent = traceparent.and_then(|value| value.to_str().ok());
        let span = app.telemetry().request(method_name, route, traceparent);
        let mut taken = None;
        let patient = matches!(&found, Found::Route(entry, _) if entry.route.patient);
        let gzip = gzip::accepted(&head.headers);
        let chunked = head.headers.contains_key(TRANSFER_ENCODING);
        let framing = check_framing(&head.uri, &head.headers, head.version);
        let answered = match framing {
            Ok(()) => {
                let mut body = body;
                let answered = self
                    .answer(&found, head.uri, head.headers, &mut body, &span, &mut taken)
                    .await;
                if !body.is_end_stream() {
                    self.pulse.leave_unread();
                }
                answered
            }
            Err(error) => Err(error),
        };
        let answer = answered.unwrap_or_else(Answer::from);
        let varies = answer.varies();
        let answer = match gzip {
            true => compressed(answer).await,
            false => answer,
        };
        let (answer, share) = self.with_room(answer);
        let mut response = answer.into_response();
        if let Some(share) = share {
            response.body_mut().keep(share);
        }
        let status = response.status();
        let headers = response.headers_mut();
        headers.entry(CACHE_CONTROL).or_insert(NO_STORE);
        if varies {
            headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        }
        if let Some(taken) = taken {
            headers.insert(RATE_LIMIT, taken.limit.into());
            headers.insert(RATE_REMAINING, taken.remaining.into());
            headers.insert(RATE_RESET, taken.reset_s.into());
        }
        let http2 = head.version >= Version::HTTP_2;
        let body_left = BODY_LEFT.contains(&status);
        if !http2 && (chunked || body_left || self.kept_for == KeptFor::Health) {
            // Whoever was in between may have seen a length, which hyper drops: what follows the chunks is not believed.
            // And what follows a body that is not read is the rest of it. Who watches the service makes room for others.
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(trace) = span.trace() {
            let trace = HeaderValue::try_from(trace.to_string());
            headers.insert(TRACEPARENT, trace.expect("digits and hyphens"));
        }
        let status = status.as_u16();
        span.end(status);
        let served = Served {
            route,
            method: method_name,
            status,
        };
        self.log(&served, begun.elapsed(), patient);
        let instruments = app.telemetry().instruments();
        match &found {
            Found::Route(entry, _) if status == 200 && head.method == entry.route.method => {
                let latency = entry.served.get_or_init(|| instruments.latency(&served));
                latency.record(begun.elapsed());
            }
            Found::Route(..) | Found::OtherMethods(_) | Found::Nothing => {
                instruments.served(&served, begun.elapsed());
            }
        }
        if head.method == Method::HEAD {
            response = without_body(response);
        }
        response.body_mut().hold(in_flight, http2);
        response
    }

    /// A line about a request: one a second of those that went wrong or took long, of others where somebody wants to know.
    fn log(&self, served: &Served, took: Duration, patient: bool) {
        let Served {
            route,
            method,
            status,
        } = *served;
        let took_ms = took.as_millis() as u64;
        let wrong = status >= 500;
        if !wrong && (patient || took < SLOW) {
            tracing::debug!(method, route, status, took_ms, "a request was answered");
        } else if let Some(times) = self.app.wrong().lock().count(Instant::now()) {
            let said = match wrong {
                true => "a request could not be answered",
                false => "a request took long",
            };
            tracing::warn!(method, route, status, took_ms, times, "{said}");
        }
    }

    /// Room for an answer that may not be taken for a while, or another answer when there is none.
    fn with_room(&self, answer: Answer) -> (Answer, Option<Share>) {
        let Some(bytes) = answer.own_bytes() else {
            return (answer, None);
        };
        match self.app.answers().take(bytes) {
            Some(share) => (answer, Some(share)),
            None => {
                let message = "there is no room for the answer now; what was asked for may be done, and the same key \
                               settles it";
                let error = ApiError::new(Code::Unavailable, message).with_retry_after(1);
                (Answer::from(error), None)
            }
        }
    }

    async fn answer(
        self: &Arc<Self>,
        found: &Found<'_, S>,
        uri: Uri,
        headers: HeaderMap,
        body: &mut Incoming,
        span: &RequestSpan,
        taken: &mut Option<Taken>,
    ) -> Result<Answer, ApiError> {
        let app = &*self.app;
        let health = matches!(found, Found::Route(entry, _) if entry.route.health);
        if self.kept_for == KeptFor::Health && !health {
            let message = "too many connections; nothing of this request was done";
            return Err(ApiError::new(Code::Unavailable, message).with_retry_after(1));
        }
        // A path says nothing to who has no key: not even that it is not there.
        let caller = match found {
            Found::Route(entry, _) if entry.route.access == Access::Open => None,
            Found::Route(..) | Found::OtherMethods(_) | Found::Nothing => {
                Some(app.keyring().identify(&headers)?)
            }
        };
        let (route, spans) = match found {
            Found::Route(entry, spans) => (&entry.route, *spans),
            Found::OtherMethods(allow) => {
                let error = ApiError::new(Code::MethodNotAllowed, "this path takes other methods");
                return Err(error.with_allow(allow.clone()));
            }
            Found::Nothing => return Err(ApiError::new(Code::NotFound, "there is no such path")),
        };
        let caller_at = caller;
        if let Some(caller) = caller.map(|at| app.keyring().caller(at)) {
            if route.counted {
                *taken = caller.charge(Instant::now());
                if let Err(error) = check_quota(taken.as_ref()) {
                    let instruments = app.telemetry().instruments();
                    instruments.rate_limited(caller.name().as_str());
                    return Err(error);
                }
            }
            caller.check(route.access)?;
        }
        let query = Query::parse(uri.query(), route.query)?;
        for header in route.headers {
            header.check(&headers)?;
        }
        let (body, room) = match &route.body {
            Some(expected) => {
                body::check(&headers, body, expected.bytes_max)?;
                let mut room = app.bodies().room(caller_at);
                let bounds = Bounds::new(expected.bytes_max, app.limits());
                let body = body::read(body, bounds, &mut room).await?;
                (body, Some(room))
            }
            None => {
                // A page of somebody else's may make a browser send anything but this.
                if route.method == Method::POST {
                    body::check_type(&headers)?;
                }
                (Bytes::new(), None)
            }
        };
        let call = Call {
            session: Arc::clone(self),
            path: PathParams::new(uri, spans),
            query,
            headers,
            body,
            _room: room,
            caller,
            span: span.clone(),
        };
        let answer = match &route.handler {
            Handler::Now(handler) => handler(&call),
            Handler::Later(handler) => handler(call).await,
            Handler::Either { waits, later, .. } if waits(&call) => later(call).await,
            Handler::Either { now, .. } => now(&call),
        }?;
        if let (true, Some(at), Some(taken)) = (answer.is_free(), caller_at, taken) {
            app.keyring().caller(at).give_back(taken);
        }
        Ok(answer)
    }
}

/// Methods as metrics call them: a client cannot make new ones.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

/// What hyper lets through and a proxy in front might read otherwise.
fn check_framing(uri: &Uri, headers: &HeaderMap, version: Version) -> Result<(), ApiError> {
    let target_bytes = uri
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    if target_bytes > TARGET_BYTES_MAX {
        return Err(ApiError::new(
            Code::UriTooLong,
            format!("the request target has more than {TARGET_BYTES_MAX} bytes"),
        ));
    }
    let refuse =
        |field: HeaderName, issue: &str| Err(ApiError::field(field.as_str().to_owned(), issue));
    if version < Version::HTTP_2 {
        let mut hosts = headers.get_all(HOST).iter();
        match (hosts.next(), hosts.next()) {
            (Some(host), None) if !host.is_empty() => {}
            (None, _) if version < Version::HTTP_11 => {}
            _ => return refuse(HOST, "must be sent, once"),
        }
    }
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => {}
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => {}
        _ => return refuse(TRANSFER_ENCODING, "must be chunked, once"),
    }
    Ok(())
}

fn check_quota(taken: Option<&Taken>) -> Result<(), ApiError> {
    match taken {
        Some(taken) if !taken.allowed => Err(ApiError::new(
            Code::RateLimited,
            "this key has used up its requests for now; nothing was done",
        )
        .with_retry_after(taken.retry_after_s)),
        _ => Ok(()),
    }
}

async fn compressed(mut answer: Answer) -> Answer {
    let Some(body) = answer.whole_body() else {
        return answer.gzip_stream();
    };
    if body.len() < GZIP_BYTES_MIN {
        return answer;
    }
    let body = body.clone();
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
fn without_body(response: Response<Outgoing>) -> Response<Outgoing> {
    let (mut head, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact()
        && head.status != StatusCode::NOT_MODIFIED
    {
        head.headers.insert(CONTENT_LENGTH, length.into());
    }
    Response::from_parts(head, Outgoing::whole(Bytes::new()))
}
