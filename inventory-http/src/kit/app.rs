//! From a request to a response: the same steps, in the same order, for every call.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING,
};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri, Version};

use super::answer::Answer;
use super::body;
use super::call::Call;
use super::connection::Pulse;
use super::error::{ApiError, Code};
use super::gzip::{self, GZIP_BYTES_INLINE_MAX, GZIP_BYTES_MIN};
use super::keys::{Access, Keyring};
use super::limits::{Limits, TARGET_BYTES_MAX};
use super::outgoing::Outgoing;
use super::query::{Param, Query};
use super::quota::Taken;
use super::route::{Handler, Route};
use super::target::{PARAMS_MAX, PathParams, matches};
use crate::telemetry::{RequestSpan, Served, Telemetry};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const RATE_REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RATE_RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// A service with its routes and keys.
pub struct App<S> {
    service: Arc<S>,
    routes: Vec<Route<S>>,
    keyring: Keyring,
    limits: Limits,
    telemetry: Telemetry,
}

impl<S> fmt::Debug for App<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("routes", &self.routes)
            .finish_non_exhaustive()
    }
}

/// Where a path leads.
enum Found<'a, S> {
    Route(&'a Route<S>, [(u16, u16); PARAMS_MAX]),
    /// The path is known, the method is not.
    OtherMethods(Vec<Method>),
    Nothing,
}

impl<S> Found<'_, S> {
    /// What metrics call it: patterns, never paths, which clients can make as many of as they like.
    fn label(&self) -> &'static str {
        match self {
            Self::Route(route, _) => route.path,
            Self::OtherMethods(_) | Self::Nothing => "none",
        }
    }
}

impl<S: Send + Sync + 'static> App<S> {
    /// A service behind a table of routes. Among routes that match a path, the first one in the table counts.
    pub fn new(
        service: Arc<S>,
        routes: Vec<Route<S>>,
        keyring: Keyring,
        limits: Limits,
        telemetry: Telemetry,
    ) -> Self {
        Self {
            telemetry,
            service,
            routes,
            keyring,
            limits,
        }
    }

    pub(super) async fn respond(
        &self,
        request: Request<Incoming>,
        pulse: &Arc<Pulse>,
    ) -> Response<Outgoing> {
        let (in_flight, begun) = (pulse.begin(), Instant::now());
        let (head, body) = request.into_parts();
        let method = match head.method {
            Method::HEAD => Method::GET,
            ref method => method.clone(),
        };
        let found = self.find(&method, head.uri.path());
        let (method_name, route) = (method_name(&head.method), found.label());
        let traceparent = head.headers.get(TRACEPARENT);
        let traceparent = traceparent.and_then(|value| value.to_str().ok());
        let span = self.telemetry.request(method_name, route, traceparent);
        let mut taken = None;
        let gzip = gzip::accepted(&head.headers);
        let chunked = head.headers.contains_key(TRANSFER_ENCODING);
        let framing = check_framing(&head.uri, &head.headers, head.version);
        let answered = match framing {
            Ok(()) => {
                self.answer(&found, head.uri, head.headers, body, &span, &mut taken)
                    .await
            }
            Err(error) => Err(error),
        };
        let answer = answered.unwrap_or_else(Answer::from);
        let answer = match gzip {
            true => compressed(answer).await,
            false => answer,
        };
        let mut response = answer.into_response();
        let headers = response.headers_mut();
        headers.entry(CACHE_CONTROL).or_insert(NO_STORE);
        if let Some(taken) = taken {
            headers.insert(RATE_LIMIT, self.keyring.quota().tokens.into());
            headers.insert(RATE_REMAINING, taken.remaining.into());
            headers.insert(RATE_RESET, taken.reset_s.into());
        }
        if chunked && head.version < Version::HTTP_2 {
            // Whoever was in between may have seen a length, which hyper drops: what follows the chunks is not believed.
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(trace) = span.trace() {
            let trace = HeaderValue::try_from(trace.to_string());
            headers.insert(TRACEPARENT, trace.expect("digits and hyphens"));
        }
        let status = response.status().as_u16();
        span.end(status);
        self.telemetry.instruments().served(&Served {
            route,
            method: method_name,
            status,
            latency: begun.elapsed(),
        });
        if head.method == Method::HEAD {
            response = without_body(response);
        }
        response.body_mut().hold(in_flight);
        response
    }

    async fn answer(
        &self,
        found: &Found<'_, S>,
        uri: Uri,
        headers: HeaderMap,
        body: Incoming,
        span: &RequestSpan,
        taken: &mut Option<Taken>,
    ) -> Result<Answer, ApiError> {
        // A path says nothing to who has no key: not even that it is not there.
        let caller = match found {
            Found::Route(route, _) if route.access == Access::Open => None,
            Found::Route(..) | Found::OtherMethods(_) | Found::Nothing => {
                Some(self.keyring.caller(&headers)?)
            }
        };
        let (route, spans) = match found {
            Found::Route(route, spans) => (*route, *spans),
            Found::OtherMethods(allow) => {
                let error = ApiError::new(Code::MethodNotAllowed, "this path takes other methods");
                return Err(error.with_allow(allow.clone()));
            }
            Found::Nothing => return Err(ApiError::new(Code::NotFound, "there is no such path")),
        };
        if let Some(caller) = &caller {
            if route.counted {
                *taken = self.keyring.charge(caller, Instant::now());
                check_quota(taken.as_ref())?;
            }
            caller.check(route.access)?;
        }
        let query = Query::parse(uri.query(), route.query)?;
        check_headers(&headers, route.headers)?;
        let body = match &route.body {
            Some(expected) => {
                body::check(&headers, &body, expected.bytes_max)?;
                body::read(body, expected.bytes_max, self.limits.body_timeout).await?
            }
            None => Bytes::new(),
        };
        let call = Call {
            service: Arc::clone(&self.service),
            path: PathParams::new(uri, spans),
            query,
            headers,
            body,
            caller,
            span: span.clone(),
        };
        match &route.handler {
            Handler::Now(handler) => handler(&call),
            Handler::Later(handler) => handler(call).await,
        }
    }

    fn find(&self, method: &Method, path: &str) -> Found<'_, S> {
        let mut others: Vec<Method> = Vec::new();
        let mut pattern = None;
        for route in &self.routes {
            // Once a pattern has matched, only its other methods count: literal segments win over parameters.
            if pattern.is_some_and(|pattern| pattern != route.path) {
                continue;
            }
            let Some(spans) = matches(route.path, path) else {
                continue;
            };
            if route.method == *method {
                return Found::Route(route, spans);
            }
            pattern = Some(route.path);
            others.push(route.method.clone());
            if route.method == Method::GET {
                others.push(Method::HEAD);
            }
        }
        match others.is_empty() {
            true => Found::Nothing,
            false => Found::OtherMethods(others),
        }
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

/// Headers that a route reads stand once, and are what was declared.
fn check_headers(headers: &HeaderMap, declared: &[&Param]) -> Result<(), ApiError> {
    for param in declared {
        let mut values = headers.get_all(param.name).iter();
        let Some(value) = values.next() else {
            continue;
        };
        let refuse = |issue: String| ApiError::field(param.name, issue);
        if values.next().is_some() {
            return Err(refuse("stands twice".to_owned()));
        }
        let text = value.to_str();
        let text = text.map_err(|_| refuse("is not printable ASCII".to_owned()))?;
        param.check(text).map_err(refuse)?;
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
    use hyper::body::Body as _;
    let (mut head, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact()
        && head.status != StatusCode::NOT_MODIFIED
    {
        head.headers.insert(CONTENT_LENGTH, length.into());
    }
    Response::from_parts(head, Outgoing::whole(Bytes::new()))
}
