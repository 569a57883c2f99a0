//! From a request to a response: the same steps, in the same order, for every call.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CACHE_CONTROL, CONNECTION, HeaderValue, TRANSFER_ENCODING, VARY};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri, Version};
use tokio::sync::watch;

use super::activity::Activity;
use super::answer::Answer;
use super::app::App;
use super::body::{self, Bounds};
use super::budget::Share;
use super::call::Call;
use super::error::ApiError;
use super::faults::Faults;
use super::framing::check_framing;
use super::gzip;
use super::kept_for::KeptFor;
use super::keys::Access;
use super::loopback;
use super::outgoing::Outgoing;
use super::promises;
use super::query::Query;
use super::quota::Taken;
use super::ring::{CallerAt, Ring};
use super::route::Handler;
use super::router::Found;
use super::sent::{compressed, without_body};
use super::serving::Serving;
use super::shared::Shared;
use super::target::PathParams;
use crate::telemetry::{Asked, RequestSpan};
use crate::wire::Code;
use crate::wire::headers::{RATE_LIMIT, RATE_REMAINING, RATE_RESET, TRACERESPONSE};

/// The answers to bodies that are not read to their end, whatever was sent of them.
const BODY_LEFT: [StatusCode; 2] = [StatusCode::REQUEST_TIMEOUT, StatusCode::PAYLOAD_TOO_LARGE];
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// One connection's requests while the keys are the same. They count references to this rather than to what all
/// connections share.
pub(super) struct Session<S> {
    app: Arc<App<S>>,
    activity: Arc<Activity>,
    kept_for: KeptFor,
    /// Where the connection comes from.
    peer: IpAddr,
    shared: Arc<Shared<S>>,
}

/// The session of a connection: another one once the keys are others.
pub(super) struct Sessions<S> {
    keys: watch::Receiver<Arc<Ring>>,
    current: Arc<Session<S>>,
}

impl<S> Sessions<S> {
    pub(super) fn new(
        app: Arc<App<S>>,
        activity: Arc<Activity>,
        kept_for: KeptFor,
        peer: IpAddr,
    ) -> Self {
        let mut keys = app.keyring().watch();
        let ring = Arc::clone(&keys.borrow_and_update());
        let current = Session {
            shared: app.share(ring),
            app,
            activity,
            kept_for,
            peer,
        };
        Self {
            keys,
            current: Arc::new(current),
        }
    }

    /// The session of the next request.
    pub(super) fn next(&mut self) -> Arc<Session<S>> {
        // The sender lives as long as the session's app.
        if self.keys.has_changed().unwrap_or(false) {
            let ring = Arc::clone(&self.keys.borrow_and_update());
            ring.begin_limiting(self.current.app.telemetry());
            self.current = Arc::new(Session {
                app: Arc::clone(&self.current.app),
                activity: Arc::clone(&self.current.activity),
                kept_for: self.current.kept_for,
                peer: self.current.peer,
                shared: self.current.app.share(ring),
            });
        }
        Arc::clone(&self.current)
    }
}

impl<S: Send + Sync + 'static> Session<S> {
    pub(super) async fn respond(self: Arc<Self>, request: Request<Incoming>) -> Response<Outgoing> {
        let (in_flight, begun) = (self.activity.begin(), Instant::now());
        let app = &*self.app;
        let (head, body) = request.into_parts();
        let method = match head.method {
            Method::HEAD => Method::GET,
            ref method => method.clone(),
        };
        let found = app.router().find(&method, head.uri.path());
        let is_open =
            matches!(&found, Found::Route(entry, _) if entry.route.access == Access::Open);
        // A path says nothing to who has no key: not even that it is not there.
        let caller = (!is_open).then(|| self.ring().identify(&head.headers));
        let asked = Asked {
            method: &head.method,
            route: found.route(),
            uri: &head.uri,
            headers: &head.headers,
            version: head.version,
            is_known: matches!(caller, Some(Ok(_))),
        };
        let serving = Serving::begin(app, &found, &asked, begun);
        let span = serving.span().clone();
        let mut taken = None;
        let gzip = gzip::accepted(&head.headers);
        let chunked = head.headers.contains_key(TRANSFER_ENCODING);
        let framing = check_framing(&head.uri, &head.headers, head.version);
        let cors = app.cors();
        let origin = cors.and_then(|cors| cors.origin(&head.headers));
        let preflight = cors.and_then(|cors| cors.preflight(&head.method, &head.headers));
        let answered = match (framing, preflight) {
            (Ok(()), Some(answer)) => Ok(answer),
            (Ok(()), None) => {
                let mut body = body;
                let received = Received {
                    uri: head.uri,
                    headers: head.headers,
                    caller,
                };
                let answered = self
                    .answer(&found, received, &mut body, &span, &mut taken)
                    .await;
                if !body.is_end_stream() {
                    self.activity.leave_unread();
                }
                answered
            }
            (Err(error), _) => Err(error),
        };
        let answer = answered.unwrap_or_else(Answer::from);
        let varies = answer.varies();
        let (answer, share) = self.with_room(answer);
        let answer = if gzip { compressed(answer) } else { answer };
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
        if let Some(cors) = cors {
            cors.tell(origin, headers);
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
        if let Some(trace) = span.own_trace() {
            let trace = HeaderValue::try_from(trace.to_string());
            headers.insert(TRACERESPONSE, trace.expect("digits and hyphens"));
        }
        serving.answered(status.as_u16());
        if head.method == Method::HEAD {
            response = without_body(response);
        }
        response.body_mut().hold(in_flight, http2);
        response
    }

    fn ring(&self) -> &Ring {
        self.shared.ring()
    }

    /// Takes note of somebody without a key that is known: it is counted, and said once a second at most.
    fn turned_away(&self, error: &ApiError) {
        self.app.telemetry().instruments().unauthorized();
        if let Some(times) = self.app.strangers().lock().count(Instant::now()) {
            let (peer, reason) = (self.peer, &error.body().message);
            tracing::warn!(%peer, times, %reason, "requests without a known key are refused, the last one from this address");
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
                let error = ApiError::unavailable(message);
                (Answer::from(error), None)
            }
        }
    }

    async fn answer(
        self: &Arc<Self>,
        found: &Found<'_, S>,
        received: Received,
        body: &mut Incoming,
        span: &RequestSpan,
        taken: &mut Option<Taken>,
    ) -> Result<Answer, ApiError> {
        let app = &*self.app;
        let health = matches!(found, Found::Route(entry, _) if entry.route.health);
        if self.kept_for == KeptFor::Health && !health {
            let message = "too many connections; nothing of this request was done";
            return Err(ApiError::unavailable(message));
        }
        let Received {
            uri,
            headers,
            caller,
        } = received;
        let caller = caller
            .transpose()
            .inspect_err(|error| self.turned_away(error))?;
        if caller.is_some_and(|at| self.ring().caller(at).is_anybody()) {
            let is_named = app
                .cors()
                .is_some_and(|cors| cors.origin(&headers).is_some());
            loopback::check(&uri, &headers, is_named)?;
        }
        let (route, spans) = match found {
            Found::Route(entry, spans) => (&entry.route, *spans),
            Found::OtherMethods(allow) => {
                let error = ApiError::new(Code::MethodNotAllowed, "this path takes other methods");
                return Err(error.with_allow(allow.clone()));
            }
            Found::Nothing => return Err(ApiError::new(Code::NotFound, "there is no such path")),
        };
        let caller_at = caller;
        if let Some(caller) = caller.map(|at| self.ring().caller(at)) {
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
        let mut faults = Faults::default();
        let query = Query::read(uri.query(), route.query, &mut faults);
        for header in route.headers {
            header.check(&headers, &mut faults);
        }
        promises::check(route, &headers, &mut faults);
        faults.check()?;
        let (body, room) = match &route.body {
            Some(expected) => {
                body::check(&headers, body, expected.bytes_max)?;
                let caller = caller_at.map(|at| self.ring().caller(at));
                let mut room = app.bodies().room(caller);
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
            shared: Arc::clone(&self.shared),
            route: route.path,
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
            self.ring().caller(at).give_back(taken);
        }
        Ok(answer)
    }
}

/// A request's head, and who it says is calling; nobody has to say so where everybody may call.
struct Received {
    uri: Uri,
    headers: HeaderMap,
    caller: Option<Result<CallerAt, ApiError>>,
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
