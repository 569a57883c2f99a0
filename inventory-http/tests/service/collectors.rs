//! A collector that is not there, that goes, and that takes nothing.

use std::net::TcpListener;
use std::time::Duration;

use inventory_core::memory::MemoryStorage;

use crate::collector::{Collector, Place};
use crate::lines::{listen, logged, said};
use crate::telemetry::{KEPT, UPDATES, exporting, exporting_to, spoken_of, traced};
use crate::world::World;

#[test]
fn a_missing_collector_costs_nothing_and_is_found_once_it_is_there() {
    listen();
    let place = Place::new();
    let address = format!("address=\"{}\"", place.endpoint());
    let is_said = |level: &str, text: &str| {
        let lines = logged();
        let mut lines = lines.lines();
        lines.any(|line| {
            [level, text, &address]
                .iter()
                .all(|part| line.contains(part))
        })
    };
    let found = "spans and metrics are exported";
    let world = World::on(MemoryStorage::new().ports(), &exporting(&place.endpoint()));
    let before = world.adjust("tea", "north", 1, "k1");
    assert_eq!(before.header("traceresponse"), None);
    let missing = "no collector listens here: nothing is exported until one does";
    assert!(is_said("WARN", missing) && !is_said("INFO", found));
    traced(&world, KEPT, "k2");
    let event = world.get("/replication/changes?fromOffset=1").json()["events"][0].clone();
    assert_eq!(event["traceparent"], KEPT);

    let collector = place.open();
    collector.wait_until(|received| !received.metrics.is_empty());
    let after = world.adjust("tea", "north", 1, "k3");
    world.stop().unwrap();
    assert!(is_said("INFO", found), "{}", logged());
    let received = collector.received();
    assert_eq!(received.one(UPDATES), received.span(spoken_of(&after)));
    // What happened before it was there has been counted all the same.
    let applied = received.count("inventory_updates_total", &[("outcome", "applied")]);
    assert_eq!(applied, Some(3));
}

#[test]
fn a_collector_that_dies_disturbs_nobody() {
    let collector = Collector::new();
    let world = exporting_to(&collector);
    assert!(
        world
            .adjust("tea", "north", 1, "k1")
            .header("traceresponse")
            .is_some()
    );
    collector.wait_until(|received| !received.metrics.is_empty());
    collector.die();
    // Until somebody has looked, spans are made for nobody; each update is applied all the same.
    let noticed = (2..100_000).find(|at| {
        let reply = world.adjust("tea", "north", 1, &format!("k{at}"));
        reply.header("traceresponse").is_none()
    });
    let applied = noticed.expect("the probe looks again");
    let text = String::from_utf8(world.get("/metrics").body).unwrap();
    let line = format!("inventory_updates_total{{outcome=\"applied\"}} {applied}\n");
    assert!(text.contains(&line), "{line} is not in\n{text}");
    assert_eq!(world.stop(), Ok(()));
}

#[test]
fn a_collector_that_never_answers_holds_up_no_request_and_the_end_only_for_a_while() {
    listen();
    // The system accepts for it, and nobody reads. It accepts only so many: who looks for a collector fifty times a second
    // would soon be told that there is none.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = mute.local_addr().unwrap().to_string();
    let mut settings = exporting(&endpoint);
    settings.service.telemetry.interval = Duration::from_secs(60);
    let world = World::on(MemoryStorage::new().ports(), &settings);
    for at in 0..100 {
        let reply = world.adjust("tea", "north", 1, &format!("k{at}"));
        assert!(reply.header("traceresponse").is_some());
    }
    assert_eq!(world.stop(), Ok(()));
    assert!(said("the last spans could not be exported") > 0);
}
