//! Health, metrics, dead letters and the document.

use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{DeadLetter, DeadLetters as _};
use inventory_core::vocabulary::Timestamp;
use serde_json::json;

use crate::world::{World, assert_fields, settings};

#[test]
fn a_service_in_order_is_live_and_ready() {
    let world = World::new();
    assert_fields(&world.get("/livez"), &json!({ "live": true }));
    assert_fields(
        &world.get("/readyz"),
        &json!({ "status": "ready", "reasons": [] }),
    );
}

#[test]
fn a_dead_letter_degrades_the_service_until_a_person_has_resolved_it() {
    let storage = MemoryStorage::new();
    let letter = DeadLetter::new(
        "epoch/7 with / and ä".to_owned(),
        "no reason".to_owned(),
        Timestamp::UNIX_EPOCH,
        b"bytes\xff",
    );
    let letters = std::slice::from_ref(&letter);
    storage.dead_letters().bury(letters).unwrap();
    let world = World::on(storage.ports(), &settings(&[]));
    let ready = world.get("/readyz");
    assert_eq!(
        (ready.status, &ready.json()["status"]),
        (200, &json!("degraded"))
    );
    assert_eq!(
        ready.json()["reasons"][0],
        "1 dead letters are not resolved"
    );

    let list = world.get("/admin/dead-letters").json();
    assert_eq!(
        (&list["unresolved"], &list["deadLetters"][0]["id"]),
        (&json!(1), &json!(letter.id))
    );
    let path = "/admin/dead-letters/epoch%2F7%20with%20%2F%20and%20%C3%A4";
    let inspected = world.get(path).json();
    assert_eq!(
        (&inspected["content"], &inspected["resolution"]),
        (&json!("bytes\u{fffd}"), &json!(null))
    );
    assert_eq!(world.get("/admin/dead-letters/other").error().0, 404);

    let resolution = format!("{path}/resolution");
    for bad in [r#"{"note":""}"#, "{}", r#"{"note":7}"#] {
        assert_eq!(world.post(&resolution, bad).error().0, 400);
    }
    assert_eq!(
        world
            .post("/admin/dead-letters/other/resolution", r#"{"note":"x"}"#)
            .error()
            .0,
        404
    );
    let resolved = world.post(&resolution, r#"{"note":"counted"}"#).json();
    assert_eq!(resolved["resolution"]["note"], "counted");
    let again = world.post(&resolution, r#"{"note":"twice"}"#).json();
    assert_eq!(again["resolution"]["note"], "counted");
    assert_fields(
        &world.get("/readyz"),
        &json!({ "status": "ready", "reasons": [] }),
    );
    assert_eq!(world.get("/admin/dead-letters").json()["unresolved"], 0);
}

#[test]
fn metrics_count_what_was_applied_and_what_was_not() {
    let world = World::new();
    world.adjust("tea", "north", 10, "k1");
    world.adjust("tea", "north", 10, "k1");
    let refused =
        r#"{"storeId":"north","productId":"tea","delta":-11,"version":null,"idempotencyKey":"k2"}"#;
    assert_eq!(world.post("/inventory/updates", refused).status, 422);
    assert_eq!(world.get("/nowhere").status, 404);
    let reply = world.get("/metrics");
    assert_eq!(
        reply.header("content-type"),
        Some("text/plain; version=0.0.4")
    );
    let text = String::from_utf8(reply.body).unwrap();
    for line in [
        "inventory_updates_total{outcome=\"applied\"} 1",
        "inventory_updates_total{outcome=\"replayed\"} 1",
        "inventory_updates_total{outcome=\"refused\"} 1",
        "request_latency_ms_count{method=\"POST\",route=\"/inventory/updates\",status=\"422\"} 1",
        "request_latency_ms_count{method=\"GET\",route=\"none\",status=\"404\"} 1",
        "inventory_append_latency_ms_count{durable=\"true\"} 1",
        "inventory_group_events_sum{source=\"engine\"} 1",
        "inventory_head_offset 1",
        "inventory_products 1",
        "inventory_inbox_depth 0",
        "inventory_products_quarantined 0",
        "inventory_reservations_open 0",
        "inventory_transfers_in_transit 0",
        "inventory_dead_letters_unresolved 0",
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "{line} is not in\n{text}"
        );
    }
}

#[test]
fn the_document_is_served_and_describes_every_path() {
    let world = World::new();
    let document = world.get("/openapi.json").json();
    assert_eq!(document["openapi"], "3.1.0");
    for path in [
        "/inventory/updates",
        "/inventory/batch",
        "/inventory/sync",
        "/inventory",
        "/inventory/{productId}",
        "/inventory/global/{productId}",
        "/replication/snapshot",
        "/replication/changes",
        "/replication/stream",
        "/livez",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/admin/dead-letters",
    ] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
}

#[test]
fn a_trace_goes_through_to_the_answer_and_into_the_event() {
    let world = World::new();
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let body =
        r#"{"storeId":"north","productId":"tea","delta":1,"version":null,"idempotencyKey":"k1"}"#;
    let reply = world.client().call(
        "POST",
        "/inventory/updates",
        &[("traceparent", trace)],
        Some(body),
    );
    assert_eq!(reply.header("traceresponse"), None, "nobody collects spans");
    world.adjust("tea", "north", 1, "k2");
    let events = world.get("/replication/changes").json()["events"].clone();
    assert_eq!(events[0]["traceparent"], trace);
    assert_eq!(events[1]["traceparent"], json!(null));
}
