//! What collectors are told of a call that goes through a store to central.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::json;

use crate::collector::{Collector, attribute_of};
use crate::world::{World, call};

/// A trace that its client keeps, and what others have said about it.
const HEAD: &str = "X-API-Key: till\r\n\
    traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\
    tracestate: shop=1,rojo=00f067aa0ba902b7\r\n";

/// Settings live as long as the test.
fn endpoint(collector: &Collector) -> &'static str {
    Box::leak(collector.endpoint().to_owned().into_boxed_str())
}

#[test]
fn what_a_store_asks_of_central_is_a_span_of_a_client_and_the_state_of_the_trace_goes_with_it() {
    let (at_store, at_central) = (Collector::new(), Collector::new());
    let mut world = World::with(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint(&at_store)),
        ("CENTRAL_OTEL", endpoint(&at_central)),
    ]);
    let update = json!({
        "storeId": "north", "productId": "tea", "delta": 5, "version": null, "idempotencyKey": "k1",
    });
    let hold = json!({
        "reservationId": "cart", "lines": [{ "storeId": "north", "productId": "tea", "quantity": 1 }],
        "ttlSeconds": 60, "idempotencyKey": "k2",
    });
    let post = |path: &str, body: serde_json::Value, status: u16| {
        let body = body.to_string();
        let reply = call(world.store_address(), "POST", path, HEAD, &body);
        assert_eq!(reply.status, status, "{reply:?}");
    };
    post("/store/inventory/updates", update, 200);
    post("/store/reservations", hold, 201);
    // Both send what they still have when they end.
    world.stop_store();
    world.replace_central(world.storage.clone());

    let (at_store, at_central) = (at_store.received(), at_central.received());
    let said = |name: &str| attribute_of(&at_store.resource, name);
    assert_eq!(said("service.name").as_deref(), Some("store"));
    assert_eq!(said("service.namespace").as_deref(), Some("inventory"));
    assert_eq!(said("service.instance.id").as_deref(), Some("north"));
    for (served, asking, central) in [
        (
            "POST /store/inventory/updates",
            "ForwardDelta",
            "POST /inventory/updates",
        ),
        ("POST /store/reservations", "PassOn", "POST /reservations"),
    ] {
        let served = at_store.one(served);
        let asking = at_store.part(served, asking);
        assert_eq!(
            (served.kind(), asking.kind()),
            (SpanKind::Server, SpanKind::Client)
        );
        let central = at_central.one(central);
        assert_eq!(central.kind(), SpanKind::Server);
        assert_eq!(central.parent_span_id, asking.span_id);
        let trace = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128;
        for span in [served, asking, central] {
            assert_eq!(span.trace_id, trace.to_be_bytes(), "{}", span.name);
            assert_eq!(
                span.trace_state, "shop=1,rojo=00f067aa0ba902b7",
                "{}",
                span.name
            );
        }
    }
}
