//! What is counted: from the start, as what became of it, and also when nobody waits for the answer.

use std::collections::BTreeSet;

use inventory_core::memory::MemoryStorage;
use inventory_core::ports::EventLog as _;
use inventory_core::testing::{AppendFault, Call, Faults};
use inventory_core::vocabulary::Sequence;
use serde_json::json;

use crate::lines::{listen, logged};
use crate::world::{World, settings};

/// The text of /metrics.
fn metrics(world: &World) -> String {
    String::from_utf8(world.get("/metrics").body).unwrap()
}

/// The names of all metrics but those of requests, which begin with the first request of a route.
fn families(metrics: &str) -> BTreeSet<String> {
    let families = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "));
    let names = families.map(|line| line.split(' ').next().unwrap().to_owned());
    names
        .filter(|name| name != "request_latency_ms" && !name.starts_with("http_server_"))
        .collect()
}

#[track_caller]
fn assert_metric(world: &World, line: &str) {
    let text = metrics(world);
    assert!(
        text.lines().any(|known| known == line),
        "{line} is not in\n{text}"
    );
}

#[test]
fn what_has_not_happened_yet_is_counted_as_zero() {
    let mut settings = settings(&[]);
    settings.snapshot_interval = std::time::Duration::from_millis(1);
    let faults = Faults::new();
    let world = World::on(faults.wrap(MemoryStorage::new().ports()), &settings);
    let first = metrics(&world);
    for line in [
        "inventory_updates_total{outcome=\"applied\"} 0",
        "inventory_updates_total{outcome=\"refused\"} 0",
        "inventory_snapshot_failures_total 0",
        "inventory_purge_failures_total 0",
        "inventory_disk_silences_total 0",
        "inventory_idempotency_keys_evicted_early_total 0",
        "dlq_events_total 0",
        "snapshot_write_bytes_count{outcome=\"saved\"} 0",
        "inventory_append_latency_ms_count{durable=\"false\"} 0",
    ] {
        assert!(
            first.lines().any(|known| known == line),
            "{line} is not in\n{first}"
        );
    }
    world.adjust("tea", "north", 1, "k1");
    world.get("/replication/changes");
    faults.fail_append(0, AppendFault::NotWritten);
    let body = json!({ "storeId": "north", "productId": "tea", "delta": 1, "version": null, "idempotencyKey": "k2" });
    assert_eq!(
        world.post("/inventory/updates", &body.to_string()).status,
        503
    );
    assert!(
        (0..10_000)
            .any(|_| !metrics(&world).contains("snapshot_write_bytes_count{outcome=\"saved\"} 0"))
    );
    assert_eq!(families(&metrics(&world)), families(&first));
    assert!(
        families(&first).iter().all(|name| {
            let own = ["inventory_", "process_"]
                .iter()
                .any(|prefix| name.starts_with(prefix));
            own || ["snapshot_write_bytes", "dlq_events_total"].contains(&name.as_str())
        }),
        "{first}"
    );
}

/// A log whose beginning is gone, and no snapshot that says what was there.
#[test]
fn a_stretch_of_the_log_that_is_lost_is_counted_at_the_start_that_finds_it_and_at_no_other() {
    let whole = MemoryStorage::new();
    let world = World::on(whole.ports(), &settings(&[]));
    for number in 0..4 {
        world.adjust("tea", "north", 1, &format!("k{number}"));
    }
    drop(world);
    let entries = whole.log().reader().read(Sequence::START, 10).unwrap();
    assert_eq!(entries.len(), 4);
    let storage = MemoryStorage::new();
    let mut log = storage.log();
    log.append(Sequence::START, &entries).unwrap();
    log.purge(Sequence::new(2)).unwrap();
    drop(log);

    let settings = settings(&[("RECOVERY", "quarantine")]);
    for lost in [1, 0] {
        let world = World::on(storage.ports(), &settings);
        assert_metric(&world, &format!("dlq_events_total {lost}"));
        assert_metric(&world, "inventory_dead_letters_unresolved 1");
        let letters = world.get("/admin/dead-letters").json();
        let reason = letters["deadLetters"][0]["reason"].as_str().unwrap();
        assert_eq!(reason, "acknowledged positions before 3 are gone");
        assert_eq!(world.stop(), Ok(()));
    }
}

#[test]
fn what_changes_nothing_is_no_refusal_and_what_is_refused_unasked_is_one() {
    let world = World::new();
    let sync =
        r#"{"storeId":"north","mode":"merge","products":[{"id":"tea","qty":5,"version":1}]}"#;
    world.adjust("tea", "north", 5, "k1");
    let skipped = world.post("/inventory/sync", sync);
    assert_eq!(
        (skipped.status, &skipped.json()["skipped"]),
        (200, &json!(1))
    );
    let alert = r#"{"low":1,"replenished":2}"#;
    for _ in 0..2 {
        let set = world
            .client()
            .call("PUT", "/alerts/north/tea", &[], Some(alert));
        assert_eq!(set.status, 200);
    }
    assert_metric(&world, "inventory_updates_total{outcome=\"unchanged\"} 2");
    assert_metric(&world, "inventory_updates_total{outcome=\"refused\"} 0");
    let commit = r#"{"idempotencyKey":"k2"}"#;
    assert_eq!(world.post("/reservations/none/commit", commit).status, 404);
    let close = r#"{"idempotencyKey":"k3","outcome":"lost"}"#;
    assert_eq!(world.post("/transfers/none/close", close).status, 404);
    let removed = world
        .client()
        .call("DELETE", "/alerts/south/tea", &[], None);
    assert_eq!(removed.status, 404);
    assert_metric(&world, "inventory_updates_total{outcome=\"refused\"} 3");
    assert_metric(&world, "inventory_updates_total{outcome=\"applied\"} 2");
}

#[test]
fn a_request_whose_client_has_gone_is_counted() {
    let world = World::new();
    let mut client = world.client();
    let poll = "GET /replication/changes?longPollSeconds=60 HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\n\r\n";
    assert!(client.send(poll.as_bytes()));
    let waits = |text: &str| text.contains("inventory_followers_parked 1\n");
    assert!((0..100_000).any(|_| waits(&metrics(&world))));
    drop(client);
    let line = "http_server_request_duration_seconds_count{error_type=\"499\",http_request_method=\"GET\",\
                http_response_status_code=\"499\",http_route=\"/replication/changes\",url_scheme=\"http\"} 1";
    let counted = |text: String| text.lines().any(|known| known == line);
    assert!(
        (0..100_000).any(|_| counted(metrics(&world))),
        "{}",
        metrics(&world)
    );
    assert_metric(
        &world,
        "request_latency_ms_count{method=\"GET\",route=\"/replication/changes\",status=\"499\"} 1",
    );
}

#[test]
fn snapshots_that_cannot_be_saved_are_told_until_one_is() {
    listen();
    let faults = Faults::new();
    (0..500).for_each(|at| faults.fail(at, Call::Save));
    let mut settings = settings(&[]);
    settings.snapshot_interval = std::time::Duration::from_millis(1);
    let world = World::on(faults.wrap(MemoryStorage::new().ports()), &settings);
    world.adjust("tea", "north", 1, "k1");
    let readiness = || world.get("/readyz").json();
    let degraded = (0..100_000)
        .map(|_| readiness())
        .find(|ready| ready["status"] == "degraded");
    let reason = degraded.unwrap()["reasons"][0].to_string();
    assert!(
        reason.contains("snapshots cannot be saved, since "),
        "{reason}"
    );
    assert!((0..1_000_000).any(|_| readiness()["status"] == "ready"));
    let lines = logged();
    let mut told = lines
        .lines()
        .filter(|line| line.contains("snapshots cannot be saved"));
    assert!(
        told.clone()
            .any(|line| line.contains("WARN") && line.contains("cause="))
    );
    assert!(told.any(|line| line.contains("INFO") && line.contains("it is over")));
}

/// A purge is tried after every group: a line for each would bury all others.
#[test]
fn a_log_that_cannot_give_up_old_events_says_so_once_until_it_can() {
    listen();
    let faults = Faults::new();
    let mut settings = settings(&[("RETAIN_EVENTS", "1")]);
    settings.snapshot_interval = std::time::Duration::from_millis(1);
    let world = World::on(faults.wrap(MemoryStorage::new().ports()), &settings);
    let what = "old events cannot be given up";
    let reasons = || world.get("/readyz").json()["reasons"].to_string();
    let mut sold = 0;
    let mut sell = || {
        sold += 1;
        world.adjust("tea", "north", 1, &format!("k{sold}"));
    };
    // Until a snapshot carries a purge.
    (0..50).for_each(|at| faults.fail(at, Call::Purge));
    assert!((0..10_000).any(|_| {
        sell();
        faults.calls(Call::Purge) > 10
    }));
    let reason = reasons();
    assert!(reason.contains(&format!("{what}, since ")), "{reason}");
    assert!((0..10_000).any(|_| {
        sell();
        faults.calls(Call::Purge) > 60
    }));
    assert!(!reasons().contains(what), "{}", reasons());
    let lines = logged();
    let told: Vec<&str> = lines.lines().filter(|line| line.contains(what)).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("WARN") && told[0].contains("cause="));
    assert!(told[1].contains("INFO") && told[1].contains("it is over"));
}
