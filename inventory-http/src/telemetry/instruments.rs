//! What is counted and measured.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{BoundHistogram, Counter, Histogram, Meter};

use super::span::error_type;

/// Milliseconds, from a read in memory to a slow disk.
const LATENCY_MS: &[f64] = &[
    0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 5_000.0,
    30_000.0,
];
const SIZES: &[f64] = &[1.0, 4.0, 16.0, 64.0, 256.0, 1_024.0, 4_096.0, 16_384.0];
const LAG_EVENTS: &[f64] = &[
    0.0,
    1.0,
    10.0,
    100.0,
    1_000.0,
    10_000.0,
    100_000.0,
    1_000_000.0,
];
const BYTES: &[f64] = &[1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/// A histogram is seen before its first measurement only if it has an attribute.
fn saved() -> [KeyValue; 1] {
    [KeyValue::new("outcome", "saved")]
}

fn of(source: &'static str) -> [KeyValue; 1] {
    [KeyValue::new("source", source)]
}

/// A request that was answered.
#[derive(Debug, Clone, Copy)]
pub struct Served {
    /// The pattern of its path; `None` when it led nowhere.
    pub route: Option<&'static str>,
    /// Its method.
    pub method: &'static str,
    /// The status of its answer.
    pub status: u16,
}

impl Served {
    /// The route, or a word for none.
    pub fn route_label(&self) -> &'static str {
        self.route.unwrap_or("none")
    }

    fn of_latency(&self) -> [KeyValue; 3] {
        [
            KeyValue::new("route", self.route_label()),
            KeyValue::new("method", self.method),
            KeyValue::new("status", i64::from(self.status)),
        ]
    }

    /// As OpenTelemetry's conventions say it.
    fn of_duration(&self, scheme: &'static str) -> Vec<KeyValue> {
        let mut attributes = vec![
            KeyValue::new("http.request.method", self.method),
            KeyValue::new("url.scheme", scheme),
            KeyValue::new("http.response.status_code", i64::from(self.status)),
        ];
        let route = self.route.map(|route| KeyValue::new("http.route", route));
        let error = error_type(self.status).map(|error| KeyValue::new("error.type", error));
        attributes.extend(route.into_iter().chain(error));
        attributes
    }
}

/// The latency of requests that are served alike.
#[derive(Debug)]
pub struct Latency {
    millis: BoundHistogram<f64>,
    seconds: BoundHistogram<f64>,
}

impl Latency {
    /// Another one was answered: from its head to the head of its answer.
    pub fn record(&self, took: Duration) {
        self.millis.record(millis(took));
        self.seconds.record(took.as_secs_f64());
    }
}

/// What became of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateOutcome {
    /// It is durable.
    Applied,
    /// It had been applied before.
    Replayed,
    /// It was refused.
    Refused,
    /// There was nothing to change, and no key to remember.
    Unchanged,
    /// Nobody knows.
    Unknown,
    /// It was not written, and may be sent again.
    NotWritten,
}

impl UpdateOutcome {
    const ALL: [Self; 6] = [
        Self::Applied,
        Self::Replayed,
        Self::Refused,
        Self::Unchanged,
        Self::Unknown,
        Self::NotWritten,
    ];

    fn attribute(self) -> KeyValue {
        KeyValue::new("outcome", self.name())
    }

    fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Replayed => "replayed",
            Self::Refused => "refused",
            Self::Unchanged => "unchanged",
            Self::Unknown => "unknown",
            Self::NotWritten => "not_written",
        }
    }
}

/// The instruments of one process.
#[derive(Debug)]
pub struct Instruments {
    updates: Counter<u64>,
    latency: Histogram<f64>,
    duration: Histogram<f64>,
    /// What URLs of this service begin with.
    scheme: &'static str,
    snapshot_bytes: Histogram<u64>,
    snapshot_ms: Histogram<f64>,
    snapshot_failures: Counter<u64>,
    dead_letters: Counter<u64>,
    append_ms: Histogram<f64>,
    group_requests: Histogram<u64>,
    group_events: Histogram<u64>,
    purge_failures: Counter<u64>,
    disk_silences: Counter<u64>,
    follower_lag: Histogram<u64>,
    rate_limited: Counter<u64>,
    unauthorized: Counter<u64>,
}

impl Instruments {
    pub(super) fn new(meter: &Meter, scheme: &'static str) -> Self {
        let counter = |name, about| meter.u64_counter(name).with_description(about).build();
        let millis = |name, about| {
            let histogram = meter.f64_histogram(name).with_description(about);
            histogram.with_boundaries(LATENCY_MS.to_vec()).build()
        };
        let sizes = |name, about, boundaries: &[f64]| {
            let histogram = meter.u64_histogram(name).with_description(about);
            histogram.with_boundaries(boundaries.to_vec()).build()
        };
        Self {
            scheme,
            updates: counter(
                "inventory_updates_total",
                "requests that change stock, by what became of them",
            ),
            latency: millis(
                "request_latency_ms",
                "from the head of a request to the head of its answer",
            ),
            duration: meter
                .f64_histogram("http.server.request.duration")
                .with_unit("s")
                .with_description("from the head of a request to the head of its answer")
                .with_boundaries(LATENCY_MS.iter().map(|millis| millis / 1_000.0).collect())
                .build(),
            snapshot_bytes: sizes("snapshot_write_bytes", "size of a snapshot", BYTES),
            snapshot_ms: millis("inventory_snapshot_write_ms", "how long a snapshot took"),
            snapshot_failures: counter(
                "inventory_snapshot_failures_total",
                "snapshots that could not be saved",
            ),
            dead_letters: counter("dlq_events_total", "events that could not be applied"),
            append_ms: millis("inventory_append_latency_ms", "write and sync of a group"),
            group_requests: sizes(
                "inventory_group_requests",
                "requests decided together",
                SIZES,
            ),
            group_events: sizes(
                "inventory_group_events",
                "events made durable together",
                SIZES,
            ),
            purge_failures: counter(
                "inventory_purge_failures_total",
                "times the log could not give up old events",
            ),
            disk_silences: counter(
                "inventory_disk_silences_total",
                "times the disk did not answer when it should have",
            ),
            rate_limited: counter(
                "inventory_rate_limited_total",
                "requests that were refused since their key had used up its quota",
            ),
            unauthorized: counter(
                "inventory_unauthorized_total",
                "requests that were refused since they named no key that is known",
            ),
            follower_lag: sizes(
                "inventory_follower_lag_events",
                "how far a follower is behind when it asks",
                LAG_EVENTS,
            ),
        }
    }

    /// What the engine reports is seen from its start, at zero: the first time would look like none to who compares two
    /// times.
    pub(super) fn begin(&self) {
        for outcome in UpdateOutcome::ALL {
            self.updates.add(0, &[outcome.attribute()]);
        }
        for counter in [
            &self.snapshot_failures,
            &self.dead_letters,
            &self.purge_failures,
            &self.disk_silences,
        ] {
            counter.add(0, &[]);
        }
        for durable in [true, false] {
            let _ = self.append_ms.bind(&[durable_attribute(durable)]);
        }
        let _ = self.snapshot_ms.bind(&saved());
        let _ = self.snapshot_bytes.bind(&saved());
        let _ = self.group_requests.bind(&of("engine"));
        let _ = self.group_events.bind(&of("engine"));
        let _ = self.follower_lag.bind(&of("feed"));
    }

    /// As `Instruments::begin`, of what is counted wherever requests are served.
    pub fn begin_serving(&self) {
        self.unauthorized.add(0, &[]);
    }

    /// As `Instruments::begin`, of a key that may call so often.
    pub fn begin_limiting(&self, key: &str) {
        let key = KeyValue::new("key", key.to_owned());
        self.rate_limited.add(0, &[key]);
    }

    /// A request was answered.
    pub fn served(&self, served: &Served, took: Duration) {
        self.latency.record(millis(took), &served.of_latency());
        self.duration
            .record(took.as_secs_f64(), &served.of_duration(self.scheme));
    }

    /// As [`Instruments::served`], for many requests that are served alike.
    pub fn latency(&self, served: &Served) -> Latency {
        Latency {
            millis: self.latency.bind(&served.of_latency()),
            seconds: self.duration.bind(&served.of_duration(self.scheme)),
        }
    }

    /// Requests that change stock were answered.
    pub fn update(&self, outcome: UpdateOutcome, count: u64) {
        if count > 0 {
            self.updates.add(count, &[outcome.attribute()]);
        }
    }

    /// A follower has asked for what comes after its position.
    pub fn follower_asked(&self, events_behind: u64) {
        self.follower_lag.record(events_behind, &of("feed"));
    }

    /// A key has used up its quota. Keys are few, and have names.
    pub fn rate_limited(&self, key: &str) {
        let key = KeyValue::new("key", key.to_owned());
        self.rate_limited.add(1, &[key]);
    }

    /// Somebody has called without a key that is known.
    pub fn unauthorized(&self) {
        self.unauthorized.add(1, &[]);
    }

    /// Something was buried.
    pub fn buried(&self, events: u64) {
        self.dead_letters.add(events, &[]);
    }

    /// The disk does not answer.
    pub fn disk_fell_silent(&self) {
        self.disk_silences.add(1, &[]);
    }

    /// A snapshot took so long.
    pub fn snapshot_took(&self, took: Duration) {
        self.snapshot_ms.record(millis(took), &saved());
    }

    pub(super) fn snapshot_saved(&self, bytes: u64) {
        self.snapshot_bytes.record(bytes, &saved());
    }

    pub(super) fn snapshot_failed(&self) {
        self.snapshot_failures.add(1, &[]);
    }

    pub(super) fn group_decided(&self, requests: usize, events: usize) {
        // Reservations may end while nobody asks for anything.
        if requests > 0 {
            self.group_requests.record(requests as u64, &of("engine"));
        }
        if events > 0 {
            self.group_events.record(events as u64, &of("engine"));
        }
    }

    pub(super) fn group_appended(&self, took: Duration, durable: bool) {
        let attributes = [durable_attribute(durable)];
        self.append_ms.record(millis(took), &attributes);
    }

    pub(super) fn purge_failed(&self) {
        self.purge_failures.add(1, &[]);
    }
}

fn durable_attribute(durable: bool) -> KeyValue {
    KeyValue::new("durable", durable)
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
