//! Who decides what is traced, what is passed on, and whose the spans are.

use inventory_core::memory::MemoryStorage;
use serde_json::json;

use crate::collector::{Collector, attribute_of};
use crate::world::{World, settings};

/// A trace that its client keeps.
const KEPT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn update(key: &str) -> String {
    json!({ "storeId": "north", "productId": "tea", "delta": 1, "version": null, "idempotencyKey": key })
        .to_string()
}

#[test]
fn who_has_no_key_does_not_decide_what_is_traced() {
    let collector = Collector::new();
    let settings = settings(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
        ("TRACE_RATIO", "0"),
    ]);
    let world = World::on(MemoryStorage::new().ports(), &settings);
    let trace = |more: &[(&str, &str)], path: &str| {
        let headers = [&[("traceparent", KEPT), ("tracestate", "a=1,b=2")], more].concat();
        world.client().call("GET", path, &headers, None)
    };
    let guessed = trace(&[("X-API-Key", "guess")], "/inventory/tea");
    assert_eq!(
        (guessed.status, guessed.header("traceresponse")),
        (401, None)
    );
    assert_eq!(trace(&[], "/livez").header("traceresponse"), None);
    let known = trace(&[], "/inventory/tea");
    let told = known.header("traceresponse").unwrap().to_owned();
    world.stop().unwrap();

    let received = collector.received();
    assert_eq!(
        received
            .spans
            .iter()
            .filter(|span| !span.parent_span_id.is_empty())
            .count(),
        1
    );
    assert!(received.spans.iter().all(|span| span.name != "GET /livez"));
    let span = received.span(&told);
    assert_eq!(
        span.trace_id,
        0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes()
    );
    assert_eq!(span.trace_state, "a=1,b=2");
}

#[test]
fn spans_and_metrics_say_whose_they_are() {
    let collector = Collector::new();
    let resource = |chosen: &[(&str, &str)]| {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
        let chosen = [&[endpoint], chosen].concat();
        let world = World::on(MemoryStorage::new().ports(), &settings(&chosen));
        assert_eq!(world.post("/inventory/updates", &update("k")).status, 200);
        let port = world.address.port();
        world.stop().unwrap();
        let resource = collector.received().resource;
        (port, move |name: &str| attribute_of(&resource, name))
    };
    let (port, said) = resource(&[]);
    assert_eq!(said("service.name").as_deref(), Some("central"));
    assert_eq!(said("service.namespace").as_deref(), Some("inventory"));
    assert_eq!(
        said("service.version").as_deref(),
        Some(env!("CARGO_PKG_VERSION"))
    );
    let instance = said("service.instance.id").unwrap();
    let (host, own_port) = instance.rsplit_once(':').unwrap();
    assert_eq!((host.is_empty(), own_port), (false, &*port.to_string()));
    assert_eq!(said("telemetry.sdk.language").as_deref(), Some("rust"));

    let (_, said) = resource(&[
        ("OTEL_SERVICE_NAME", "central-east"),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "deployment.environment.name=test%2C%20east,service.instance.id=seven",
        ),
    ]);
    assert_eq!(said("service.name").as_deref(), Some("central-east"));
    assert_eq!(said("service.instance.id").as_deref(), Some("seven"));
    let environment = said("deployment.environment.name");
    assert_eq!(environment.as_deref(), Some("test, east"));
}
