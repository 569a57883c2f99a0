//! What collectors are told of a call that goes through a store to central, and of what a store asks by itself.

use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde_json::{Value, json};

use crate::collector::{Collector, Received, attribute_of};
use crate::queue::{answer, poisoned, update};
use crate::world::{World, call, wait};

/// A trace that its client keeps, and what others have said about it.
const HEAD: &str = "X-API-Key: till\r\n\
    traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\
    tracestate: shop=1,rojo=00f067aa0ba902b7\r\n";

/// Settings live as long as the test.
fn endpoint(collector: &Collector) -> &'static str {
    Box::leak(collector.endpoint().to_owned().into_boxed_str())
}

fn attribute(span: &Span, key: &str) -> Option<String> {
    attribute_of(&span.attributes, key)
}

fn has_failed(span: &Span) -> bool {
    let status = span.status.as_ref();
    status.is_some_and(|status| status.code() == StatusCode::Error)
}

/// What the conventions want of the span of a request that a store has made.
#[track_caller]
fn assert_asked(world: &World, span: &Span, target: &str) {
    assert_eq!(span.kind(), SpanKind::Client, "{span:?}");
    let (method, template) = span.name.split_once(' ').unwrap();
    let address = world.link.address;
    for (key, value) in [
        ("http.request.method", method.to_owned()),
        ("url.template", template.to_owned()),
        ("server.address", address.ip().to_string()),
        ("server.port", address.port().to_string()),
    ] {
        assert_eq!(attribute(span, key), Some(value), "{key} of {span:?}");
    }
    let url = attribute(span, "url.full").unwrap();
    let begins = format!("http://{address}{target}");
    assert!(url.starts_with(&begins), "{url} is not {begins}");
}

/// What they want of one with an answer.
#[track_caller]
fn assert_answered(span: &Span, status: u16) {
    let status = status.to_string();
    let said = attribute(span, "http.response.status_code");
    assert_eq!(said.as_ref(), Some(&status), "{span:?}");
    let error = has_failed(span).then_some(status);
    assert_eq!(attribute(span, "error.type"), error, "{span:?}");
}

#[test]
fn what_a_store_asks_of_central_is_a_span_of_a_client_and_the_state_of_the_trace_goes_with_it() {
    let (at_store, at_central) = (Collector::new(), Collector::new());
    let mut world = World::with(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint(&at_store)),
        ("CENTRAL_OTEL", endpoint(&at_central)),
    ]);
    let change = json!({
        "storeId": "north", "productId": "tea", "delta": 5, "version": null, "idempotencyKey": "k1",
    });
    let hold = |key: &str| {
        json!({
            "reservationId": "cart", "lines": [{ "storeId": "north", "productId": "tea", "quantity": 1 }],
            "ttlSeconds": 60, "idempotencyKey": key,
        })
    };
    let post = |path: &str, body: Value, status: u16| {
        let body = body.to_string();
        let reply = call(world.store_address(), "POST", path, HEAD, &body);
        assert_eq!(reply.status, status, "{reply:?}");
    };
    post("/store/inventory/updates", change, 200);
    post("/store/reservations", hold("k2"), 201);
    let commit = json!({ "idempotencyKey": "k3" });
    post("/store/reservations/cart/commit", commit, 200);
    post("/store/reservations", hold("k4"), 409);
    // Both send what they still have when they end.
    world.stop_store();
    world.replace_central(world.storage.clone());

    let (at_store, at_central) = (at_store.received(), at_central.received());
    let said = |name: &str| attribute_of(&at_store.resource, name);
    assert_eq!(said("service.name").as_deref(), Some("store"));
    assert_eq!(said("service.namespace").as_deref(), Some("inventory"));
    assert_eq!(said("service.instance.id").as_deref(), Some("north"));
    for (path, part, of_central, target, statuses) in [
        (
            "/store/inventory/updates",
            "ForwardDelta",
            "/inventory/updates",
            "/inventory/updates",
            &[200][..],
        ),
        (
            "/store/reservations",
            "PassOn",
            "/reservations",
            "/reservations",
            &[201, 409],
        ),
        (
            "/store/reservations/{reservationId}/commit",
            "PassOn",
            "/reservations/{reservationId}/commit",
            "/reservations/cart/commit",
            &[200],
        ),
    ] {
        let (path, name) = (format!("POST {path}"), format!("POST {of_central}"));
        let calls = at_store.named(&path);
        assert_eq!(calls.len(), statuses.len(), "{path}");
        for (served, status) in calls.into_iter().zip(statuses) {
            let part = at_store.part(served, part);
            let asking = at_store.part(part, &name);
            assert_eq!(
                (served.kind(), part.kind()),
                (SpanKind::Server, SpanKind::Internal)
            );
            assert_asked(&world, asking, target);
            assert_answered(asking, *status);
            assert_eq!(has_failed(asking), *status >= 400);
            assert_eq!(attribute(asking, "http.request.resend_count"), None);
            let central = at_central.part(asking, &name);
            assert_eq!(central.kind(), SpanKind::Server);
            let trace = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128;
            for span in [served, part, asking, central] {
                assert_eq!(span.trace_id, trace.to_be_bytes(), "{}", span.name);
                assert_eq!(
                    span.trace_state, "shop=1,rojo=00f067aa0ba902b7",
                    "{}",
                    span.name
                );
            }
        }
    }
}

/// The spans of a name that have this attribute, or have it not.
fn with<'a>(received: &'a Received, name: &str, key: &str, value: Option<&str>) -> Vec<&'a Span> {
    let named = received.named(name).into_iter();
    named
        .filter(|span| attribute(span, key).as_deref() == value)
        .collect()
}

#[test]
fn what_a_store_asks_by_itself_is_a_span_as_well_and_says_what_has_failed() {
    let (at_store, at_central) = (Collector::new(), Collector::new());
    let mut world = World::with(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint(&at_store)),
        ("CENTRAL_OTEL", endpoint(&at_central)),
        ("CENTRAL_API_KEY", "demo"),
    ]);
    world.link.cut();
    world.knows_it_is_alone();
    assert_eq!(world.sell(3, None, "k1").status, 202);
    world.link.mend();
    world.in_step();
    world.stop_store();
    world.replace_central(world.storage.clone());

    let (at_store, at_central) = (at_store.received(), at_central.received());
    for (name, target) in [
        ("GET /replication/snapshot", "/replication/snapshot"),
        (
            "GET /replication/changes",
            "/replication/changes?fromOffset=",
        ),
        ("GET /whoami", "/whoami?storeId=north&node="),
        ("POST /inventory/batch", "/inventory/batch"),
    ] {
        let answered = with(&at_store, name, "http.response.status_code", Some("200"));
        assert!(!answered.is_empty(), "{name}");
        for asking in at_store.named(name) {
            assert_asked(&world, asking, target);
        }
        assert_answered(answered[0], 200);
        assert!(!has_failed(answered[0]));
        let central = at_central.part(answered[0], name);
        assert_eq!(central.kind(), SpanKind::Server);
    }
    // The link was cut: a poll broke, or did not come to pass.
    let polls = "GET /replication/changes";
    let failed: Vec<_> = ["connection_broken", "not_connected", "timeout"]
        .iter()
        .flat_map(|kind| with(&at_store, polls, "error.type", Some(kind)))
        .collect();
    assert!(!failed.is_empty(), "{at_store:?}");
    for span in failed {
        assert!(has_failed(span), "{span:?}");
        assert!(!span.status.as_ref().unwrap().message.is_empty());
    }
}

#[test]
fn each_time_that_a_sale_is_sent_is_a_span_that_says_how_often_it_was_sent_before() {
    let at_store = Collector::new();
    let mut world = World::with(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint(&at_store)),
        ("FORWARD_TIMEOUT", "500ms"),
    ]);
    let body = r#"{"code":"unavailable","message":"not now","details":[]}"#;
    let refuses = answer("503 Service Unavailable", body);
    let (address, attempts) = poisoned(world.central_address(), refuses);
    world.link.cut();
    world.knows_it_is_alone();
    world.link.turn(address);
    world.link.mend();
    world.in_step();
    let sale = update("north", "poison", "k1", 1);
    let sold = world.at_store("POST", "/store/inventory/updates", &sale);
    assert_eq!(sold.status, 202, "it is queued in the end: {sold:?}");
    wait("attempts", || (*attempts.lock() >= 2).then_some(()));
    world.stop_store();

    let received = at_store.received();
    let served = received.one("POST /store/inventory/updates");
    let forward = received.part(served, "ForwardDelta");
    let resent: Vec<_> = received
        .named("POST /inventory/updates")
        .into_iter()
        .inspect(|span| {
            assert_eq!(span.parent_span_id, forward.span_id);
            assert_asked(&world, span, "/inventory/updates");
            assert_answered(span, 503);
            assert!(has_failed(span));
        })
        .map(|span| attribute(span, "http.request.resend_count"))
        .collect();
    let counted = (0..resent.len()).map(|before| (before > 0).then(|| before.to_string()));
    assert!(resent.len() >= 2, "{resent:?}");
    assert_eq!(resent, counted.collect::<Vec<_>>());
}
