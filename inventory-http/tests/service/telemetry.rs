//! Spans and metrics, from a call to a collector.

use std::time::Duration;

use inventory_core::memory::MemoryStorage;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use crate::collector::{Collector, Received, text};
use crate::world::{World, settings};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

const SALE: &str =
    r#"{"storeId":"north","productId":"tea","delta":5,"version":0,"idempotencyKey":"k"}"#;
const STALE: &str =
    r#"{"storeId":"north","productId":"tea","delta":5,"version":0,"idempotencyKey":"l"}"#;

/// A central that exports to an address, often.
fn exporting(endpoint: &str) -> World {
    let mut settings = settings(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("SNAPSHOT_INTERVAL", "1h"),
    ]);
    settings.telemetry_interval = Duration::from_millis(20);
    World::on(MemoryStorage::new().ports(), &settings)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn only<'a>(received: &'a Received, name: &str) -> &'a Span {
    let named = received.named(name);
    assert_eq!(named.len(), 1, "{name} in {:#?}", received.spans);
    named[0]
}

#[test]
fn a_request_is_a_span_of_its_clients_trace_and_what_it_does_is_a_child() {
    let collector = Collector::start();
    let world = exporting(&collector.address.to_string());
    let traced = format!("00-{TRACE}-{PARENT}-01");
    let reply = world.client().call(
        "POST",
        "/inventory/updates",
        &[("traceparent", &traced)],
        Some(SALE),
    );
    assert_eq!(reply.status, 200);
    let told = reply.header("traceparent").unwrap().to_owned();
    world.stop();

    let received = collector.received();
    assert!(received.services.iter().all(|name| name == "central"));
    let request = only(&received, "POST /inventory/updates");
    assert_eq!(request.kind, SpanKind::Server as i32);
    assert_eq!(hex(&request.trace_id), TRACE);
    assert_eq!(hex(&request.parent_span_id), PARENT);
    assert_eq!(told, format!("00-{TRACE}-{}-01", hex(&request.span_id)));
    let attribute = |name| text(&request.attributes, name);
    assert_eq!(
        attribute("http.route").as_deref(),
        Some("/inventory/updates")
    );
    assert_eq!(attribute("http.request.method").as_deref(), Some("POST"));
    assert_eq!(
        attribute("http.response.status_code").as_deref(),
        Some("200")
    );
    let applied = only(&received, "ApplyDelta");
    assert_eq!(applied.trace_id, request.trace_id);
    assert_eq!(applied.parent_span_id, request.span_id);
    assert_eq!(text(&applied.attributes, "requests").as_deref(), Some("1"));
    assert!(request.start_time_unix_nano <= applied.start_time_unix_nano);
    assert!(applied.end_time_unix_nano <= request.end_time_unix_nano);
}

#[test]
fn an_event_says_which_trace_it_is_of() {
    let collector = Collector::start();
    let world = exporting(&collector.address.to_string());
    let traced = format!("00-{TRACE}-{PARENT}-01");
    let reply = world.client().call(
        "POST",
        "/inventory/updates",
        &[("traceparent", &traced)],
        Some(SALE),
    );
    let told = reply.header("traceparent").unwrap();
    let changes = world.get("/replication/changes").json();
    assert_eq!(changes["events"][0]["traceparent"], told);
}

#[test]
fn what_a_client_does_not_want_traced_is_not() {
    let collector = Collector::start();
    let world = exporting(&collector.address.to_string());
    let untraced = format!("00-{TRACE}-{PARENT}-00");
    let headers = [("traceparent", untraced.as_str())];
    let reply = world
        .client()
        .call("POST", "/inventory/updates", &headers, Some(SALE));
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("traceparent"), Some(&*untraced));
    let changes = world.get("/replication/changes").json();
    assert!(
        changes["events"][0].get("traceparent").is_none(),
        "{changes}"
    );
    world.stop();
    let received = collector.received();
    assert_eq!(received.named("POST /inventory/updates").len(), 0);
    assert_eq!(received.named("ApplyDelta").len(), 0);
    assert_eq!(received.named("GET /replication/changes").len(), 1);
}

#[test]
fn a_start_and_a_snapshot_are_spans_and_a_refusal_is_a_request_like_any_other() {
    let collector = Collector::start();
    let world = exporting(&collector.address.to_string());
    assert_eq!(world.post("/inventory/updates", SALE).status, 200);
    assert_eq!(world.post("/inventory/updates", STALE).status, 409);
    world.stop();
    let received = collector.received();
    let replayed = only(&received, "ReplayEvent");
    assert_eq!(text(&replayed.attributes, "events").as_deref(), Some("0"));
    assert!(replayed.parent_span_id.is_empty());
    only(&received, "PersistSnapshot");
    let statuses: Vec<_> = received
        .named("POST /inventory/updates")
        .iter()
        .filter_map(|span| text(&span.attributes, "http.response.status_code"))
        .collect();
    assert_eq!(statuses, ["200", "409"]);
    assert_eq!(received.named("ApplyDelta").len(), 2);
}

#[test]
fn metrics_count_what_was_applied_and_what_was_refused() {
    let collector = Collector::start();
    let world = exporting(&collector.address.to_string());
    assert_eq!(world.post("/inventory/updates", SALE).status, 200);
    assert_eq!(world.post("/inventory/updates", SALE).status, 200);
    assert_eq!(world.post("/inventory/updates", STALE).status, 409);
    assert_eq!(world.get("/inventory/none").status, 404);
    assert_eq!(world.get("/nowhere").status, 404);
    let prometheus = String::from_utf8(world.get("/metrics").body).unwrap();
    world.stop();
    let received = collector.received();
    for (outcome, expected) in [("applied", 1), ("replayed", 1), ("refused", 1)] {
        let attribute = Some(("outcome", outcome));
        let count = received.count("inventory_updates_total", attribute);
        assert_eq!(count, expected, "{outcome}");
        let line = format!("inventory_updates_total{{outcome=\"{outcome}\"}} {expected}");
        assert!(prometheus.contains(&line), "{line} is not in {prometheus}");
    }
    for (status, expected) in [("200", 3), ("409", 1), ("404", 2)] {
        let attribute = Some(("status", status));
        let count = received.count("request_latency_ms", attribute);
        assert_eq!(count, expected, "{status}");
    }
    assert_eq!(received.count("snapshot_write_bytes", None), 1);
}

#[test]
fn a_collector_that_comes_late_is_found_and_one_that_goes_is_not_missed() {
    let early = Collector::start();
    let address = early.address;
    drop(early);
    let world = exporting(&address.to_string());
    let reply = world.post("/inventory/updates", SALE);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("traceparent"), None, "nobody collects it");

    let late = Collector::at(address);
    late.wait(|received| !received.metrics.is_empty());
    let traced = world.get("/inventory/tea");
    assert!(traced.header("traceparent").is_some());
    drop(late);

    let mut client = world.client();
    for _ in 0..100 {
        let reply = client.call("GET", "/inventory/tea", &[], None);
        assert_eq!(reply.status, 200);
    }
    world.stop();
}
