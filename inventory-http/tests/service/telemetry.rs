//! What a collector is sent, and what it costs when there is none.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use inventory_core::machine::{DeadLettered, Entry, Event};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::EventLog as _;
use inventory_core::testing::{AppendFault, Call, Faults};
use inventory_core::vocabulary::{Chain, Version};
use inventory_http::central::{self, Settings, StartError};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use serde_json::json;

use crate::client::Reply;
use crate::collector::{Collector, attribute_of};
use crate::world::{World, engine_failed, settings};

pub(crate) const UPDATES: &str = "POST /inventory/updates";

/// A trace that its client keeps, and one that it does not.
pub(crate) const KEPT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const NOT_KEPT: &str = "00-5bf92f3577b34da6a3ce929d0e0e4737-00f067aa0ba902b8-00";

/// Settings that export, and look for a collector all the time.
pub(crate) fn exporting(endpoint: &str) -> Settings {
    let mut settings = settings(&[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)]);
    settings.service.telemetry.interval = Duration::from_millis(20);
    settings
}

pub(crate) fn exporting_to(collector: &Collector) -> World {
    World::on(
        MemoryStorage::new().ports(),
        &exporting(collector.endpoint()),
    )
}

fn update(delta: i64, key: &str) -> String {
    json!({ "storeId": "north", "productId": "tea", "delta": delta, "version": null, "idempotencyKey": key })
        .to_string()
}

/// An update as part of a trace.
pub(crate) fn traced(world: &World, traceparent: &str, key: &str) -> Reply {
    let headers = [("traceparent", traceparent)];
    let mut client = world.client();
    client.call(
        "POST",
        "/inventory/updates",
        &headers,
        Some(&update(1, key)),
    )
}

/// The span that an answer says it was.
pub(crate) fn spoken_of(reply: &Reply) -> &str {
    reply.header("traceresponse").unwrap()
}

fn attribute(span: &Span, key: &str) -> Option<String> {
    attribute_of(&span.attributes, key)
}

fn has_failed(span: &Span) -> bool {
    let code = span.status.as_ref().map(Status::code);
    code == Some(StatusCode::Error)
}

#[test]
fn a_request_is_a_span_and_what_it_asks_of_the_engine_is_a_part_of_it() {
    let collector = Collector::new();
    let world = exporting_to(&collector);
    let applied = world.adjust("tea", "north", 10, "k1");
    let refused = world.post("/inventory/updates", &update(-11, "k2"));
    let read = world.get("/inventory/tea");
    let nowhere = world.get("/tea/and/biscuits?milk=1");
    let brewed = world.client().call("BREW", "/inventory/tea", &[], None);
    assert_eq!(world.stop(), Ok(()));

    let received = collector.received();
    assert_eq!(
        attribute_of(&received.resource, "service.name").as_deref(),
        Some("central")
    );
    for (reply, name, route, status) in [
        (&applied, UPDATES, "/inventory/updates", "200"),
        (&refused, UPDATES, "/inventory/updates", "422"),
        (
            &read,
            "GET /inventory/{productId}",
            "/inventory/{productId}",
            "200",
        ),
        (&nowhere, "GET", "", "404"),
        (&brewed, "HTTP", "", "405"),
    ] {
        let span = received.span(spoken_of(reply));
        assert_eq!((span.name.as_str(), span.kind()), (name, SpanKind::Server));
        assert!(span.parent_span_id.is_empty(), "{span:?}");
        assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
        // What a client did wrong is no failure of the service.
        assert!(!has_failed(span), "{span:?}");
        assert_eq!(attribute(span, "http.route").unwrap_or_default(), route);
        for (key, value) in [
            ("http.response.status_code", status),
            ("url.scheme", "http"),
            ("server.address", "localhost"),
            ("network.protocol.version", "1.1"),
        ] {
            assert_eq!(attribute(span, key).as_deref(), Some(value), "{span:?}");
        }
        assert_eq!(attribute(span, "error.type"), None);
    }
    for (reply, key, value) in [
        (&read, "http.request.method", "GET"),
        (&read, "url.path", "/inventory/tea"),
        (&nowhere, "url.path", "/tea/and/biscuits"),
        (&nowhere, "url.query", "milk=1"),
        (&brewed, "http.request.method", "_OTHER"),
        (&brewed, "http.request.method_original", "BREW"),
    ] {
        let span = received.span(spoken_of(reply));
        assert_eq!(attribute(span, key).as_deref(), Some(value), "{span:?}");
    }
    for reply in [&applied, &refused] {
        let span = received.span(spoken_of(reply));
        let part = received.part(span, "ApplyDelta");
        assert_eq!(attribute(part, "requests").as_deref(), Some("1"));
        assert!(span.start_time_unix_nano <= part.start_time_unix_nano);
        assert!(part.end_time_unix_nano <= span.end_time_unix_nano);
    }
    assert_eq!(received.named("ApplyDelta").len(), 2);
}

#[test]
fn a_start_and_a_snapshot_are_spans_of_their_own() {
    let (first, second) = (Collector::new(), Collector::new());
    let storage = MemoryStorage::new();
    // A snapshot that fails leaves its events to the next start.
    let faults = Faults::new();
    faults.fail(0, Call::Save);
    let ports = faults.wrap(storage.ports());
    let world = World::on(ports, &exporting(first.endpoint()));
    world.adjust("tea", "north", 10, "k1");
    world.stop().unwrap();
    let world = World::on(storage.ports(), &exporting(second.endpoint()));
    world.adjust("tea", "north", 1, "k2");
    world.stop().unwrap();

    let (first, second) = (first.received(), second.received());
    for (received, replayed, failed) in [(&first, "0", true), (&second, "1", false)] {
        let replay = received.one("ReplayEvent");
        assert_eq!(attribute(replay, "events").as_deref(), Some(replayed));
        let persist = received.one("PersistSnapshot");
        assert_eq!(has_failed(persist), failed);
        assert!(replay.parent_span_id.is_empty() && persist.parent_span_id.is_empty());
        let failures = received.count("inventory_snapshot_failures_total", &[]);
        assert_eq!(failures, Some(u64::from(failed)));
        let written = received.count("snapshot_write_bytes", &[]);
        assert_eq!(written, Some(u64::from(!failed)));
    }
}

#[test]
fn a_start_that_fails_is_sent_before_it_is_given_up() {
    let collector = Collector::new();
    let storage = MemoryStorage::new();
    let faults = Faults::new();
    faults.fail(0, Call::Load);
    let ports = faults.wrap(storage.ports());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let started = runtime.block_on(central::start(ports, &exporting(collector.endpoint())));
    assert!(matches!(started, Err(StartError::Engine(_))));
    assert!(has_failed(collector.received().one("ReplayEvent")));
}

#[test]
fn the_trace_of_a_client_goes_on_through_spans_answer_and_log() {
    let collector = Collector::new();
    let storage = MemoryStorage::new();
    let world = World::on(storage.ports(), &exporting(collector.endpoint()));
    let kept = traced(&world, KEPT, "k1");
    let not_kept = traced(&world, NOT_KEPT, "k2");
    let ours = world.adjust("tea", "north", 1, "k3");
    let events = world.get("/replication/changes").json()["events"].clone();
    world.stop().unwrap();

    let received = collector.received();
    let span = received.span(spoken_of(&kept));
    assert_eq!(spoken_of(&kept)[..36], KEPT[..36]);
    assert_eq!(span.parent_span_id, 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes());
    let part = received.part(span, "ApplyDelta");
    assert_eq!(part.trace_id, span.trace_id);
    // What is not kept costs no span, and is passed on as it came.
    assert_eq!(not_kept.header("traceresponse"), None);
    assert_eq!(received.named(UPDATES).len(), 2);
    assert_ne!(received.span(spoken_of(&ours)).trace_id, span.trace_id);
    let expected = [
        json!(spoken_of(&kept)),
        json!(null),
        json!(spoken_of(&ours)),
    ];
    for (at, expected) in expected.iter().enumerate() {
        assert_eq!(&events[at]["traceparent"], expected, "event {at}");
    }

    // It stands in the log, so a service that opens it later says the same.
    let world = World::on(storage.ports(), &settings(&[]));
    assert_eq!(world.get("/replication/changes").json()["events"], events);
}

#[test]
fn what_fails_is_counted_as_what_became_of_it() {
    let collector = Collector::new();
    let faults = Faults::new();
    let storage = MemoryStorage::new();
    let world = World::on(
        faults.wrap(storage.ports()),
        &exporting(collector.endpoint()),
    );
    world.adjust("tea", "north", 10, "k1");
    world.adjust("tea", "north", 10, "k1");
    assert_eq!(
        world.post("/inventory/updates", &update(-11, "k2")).status,
        422
    );
    assert_eq!(world.post("/inventory/updates", "{}").status, 400);
    faults.fail_append(0, AppendFault::NotWritten);
    let full = world.post("/inventory/updates", &update(1, "k3"));
    assert_eq!(full.status, 503);
    faults.fail_append(0, AppendFault::OutcomeUnknown { durable: 0 });
    let broken = world.post("/inventory/updates", &update(1, "k3"));
    assert_eq!(broken.status, 503);
    assert_eq!(world.ended(), engine_failed());

    let received = collector.received();
    for outcome in ["applied", "replayed", "refused", "not_written", "unknown"] {
        let count = received.count("inventory_updates_total", &[("outcome", outcome)]);
        assert_eq!(count, Some(1), "{outcome}");
    }
    for (status, count) in [("200", 2), ("400", 1), ("422", 1), ("503", 2)] {
        let attributes = [("route", "/inventory/updates"), ("status", status)];
        let found = received.count("request_latency_ms", &attributes);
        assert_eq!(found, Some(count), "{status}");
    }
    for (durable, count) in [("true", 1), ("false", 2)] {
        let found = received.count("inventory_append_latency_ms", &[("durable", durable)]);
        assert_eq!(found, Some(count), "{durable}");
    }
    for reply in [&full, &broken] {
        let span = received.span(spoken_of(reply));
        assert!(has_failed(span) && has_failed(received.part(span, "ApplyDelta")));
        assert_eq!(attribute(span, "error.type").as_deref(), Some("503"));
    }
}

/// Writes an event that no program knows, behind the back of any engine.
fn plant_poison(storage: &MemoryStorage) {
    let mut log = storage.log();
    let head = log.head();
    let poison = DeadLettered {
        product: Some("tea".parse().unwrap()),
        version: Some(Version::new(1).unwrap()),
        raw: r#"{"type":"StockLent"}"#.into(),
    };
    let entry = Entry {
        first: head.sequence.next(),
        recorded_at: head.recorded_at,
        intent: None,
        outcomes: Box::default(),
        events: Box::new([Event::DeadLettered(poison)]),
        annotations: None,
        chain: Chain::from_bits(7),
    };
    log.append(head.sequence, &[Arc::new(entry)]).unwrap();
}

#[test]
fn a_collector_sees_the_instruments_that_prometheus_sees() {
    let collector = Collector::new();
    let storage = MemoryStorage::new();
    plant_poison(&storage);
    let mut settings = exporting(collector.endpoint());
    settings.snapshot_interval = Duration::from_millis(1);
    let world = World::on(storage.ports(), &settings);
    world.adjust("rice", "north", 10, "k1");
    world.get("/replication/changes");
    collector.wait_until(|received| {
        received.count("inventory_snapshot_write_ms", &[]).is_some()
            && received.count("inventory_head_offset", &[]) == Some(2)
    });
    let text = String::from_utf8(world.get("/metrics").body).unwrap();
    world.stop().unwrap();

    let families = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let families: BTreeSet<&str> = families
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    let received = collector.received();
    let sent: BTreeSet<&str> = received.metrics.keys().map(String::as_str).collect();
    // What every process of a machine has, a collector has from elsewhere.
    let of_process = |family: &&str| family.starts_with("process_");
    assert!(families.iter().any(of_process));
    let families: BTreeSet<&str> = families.into_iter().filter(|f| !of_process(f)).collect();
    let sent: BTreeSet<&str> = sent
        .into_iter()
        .map(|name| match name {
            "http.server.request.duration" => "http_server_request_duration_seconds",
            other => other,
        })
        .collect();
    assert_eq!(sent, families);
    for name in [
        "inventory_updates_total",
        "request_latency_ms",
        "snapshot_write_bytes",
        "dlq_events_total",
        "http_server_request_duration_seconds",
        "inventory_build_info",
    ] {
        assert!(families.contains(name), "{name} is not in {families:?}");
    }
    assert_eq!(received.count("dlq_events_total", &[]), Some(1));
    // The last export comes when nothing is left to read, and must not say that there is nothing.
    assert_eq!(received.count("inventory_head_offset", &[]), Some(2));
    assert_eq!(
        received.count("inventory_dead_letters_unresolved", &[]),
        Some(1)
    );
}
