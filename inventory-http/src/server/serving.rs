//! What is said of a request, whatever becomes of it: its span, its metrics, and a line in the log.

use std::time::{Duration, Instant};

use super::app::App;
use super::router::Found;
use crate::telemetry::{Asked, RequestSpan, Served};

/// A request that takes longer is spoken of, unless it waits for something to happen.
const SLOW: Duration = Duration::from_secs(1);

/// What is counted when there was no answer, since the client had gone: nobody has sent it.
const CLIENT_GONE: u16 = 499;

/// What is counted when there was no answer, since a handler has panicked.
const BROKEN: u16 = 500;

/// A request that is being served. Dropped before its answer, its client has gone, or its handler has panicked.
pub(super) struct Serving<'a, S> {
    app: &'a App<S>,
    found: &'a Found<'a, S>,
    method: &'static str,
    span: RequestSpan,
    begun: Instant,
    is_over: bool,
}

impl<'a, S> Serving<'a, S> {
    pub(super) fn begin(
        app: &'a App<S>,
        found: &'a Found<'a, S>,
        asked: &Asked<'_>,
        begun: Instant,
    ) -> Self {
        Self {
            app,
            found,
            method: asked.method_name(),
            span: app.telemetry().request(asked),
            begun,
            is_over: false,
        }
    }

    pub(super) fn span(&self) -> &RequestSpan {
        &self.span
    }

    /// It was answered.
    pub(super) fn answered(mut self, status: u16) {
        self.is_over = true;
        self.tell(status);
    }

    fn tell(&self, status: u16) {
        let took = self.begun.elapsed();
        self.span.end(status);
        let served = Served {
            route: self.found.route(),
            method: self.method,
            status,
        };
        self.log(&served, took);
        let instruments = self.app.telemetry().instruments();
        match self.found {
            Found::Route(entry, _)
                if status == 200 && self.method == entry.route.method.as_str() =>
            {
                let latency = entry.served.get_or_init(|| instruments.latency(&served));
                latency.record(took);
            }
            Found::Route(..) | Found::OtherMethods(_) | Found::Nothing => {
                instruments.served(&served, took);
            }
        }
    }

    /// A line about a request: one a second of those that went wrong or took long, of others where somebody wants to know.
    fn log(&self, served: &Served, took: Duration) {
        let Served { method, status, .. } = *served;
        let route = served.route_label();
        let took_ms = took.as_millis() as u64;
        let patient = matches!(self.found, Found::Route(entry, _) if entry.route.patient);
        let wrong = status >= 500;
        if !wrong && (patient || took < SLOW) {
            let said = match status {
                CLIENT_GONE => "a client has gone before its answer",
                _ => "a request was answered",
            };
            tracing::debug!(method, route, status, took_ms, "{said}");
        } else if let Some(times) = self.app.wrong().lock().count(Instant::now()) {
            let said = match (wrong, status) {
                (true, _) => "a request could not be answered",
                (false, CLIENT_GONE) => "a client has gone after a long wait",
                (false, _) => "a request took long",
            };
            tracing::warn!(method, route, status, took_ms, times, "{said}");
        }
    }
}

impl<S> Drop for Serving<'_, S> {
    fn drop(&mut self) {
        match (self.is_over, std::thread::panicking()) {
            (true, _) => {}
            (false, true) => self.tell(BROKEN),
            (false, false) => self.tell(CLIENT_GONE),
        }
    }
}
