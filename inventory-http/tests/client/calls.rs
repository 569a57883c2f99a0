//! What is asked, and what central answers.

use inventory_core::vocabulary::Version;
use inventory_http::wire::KeyName;
use inventory_http::wire::TraceContext;

use crate::script::{Script, answer};
use crate::world::{APPLIED, answered, central, client, client_with, five_more, told};
use inventory_http::client::Origin;

#[tokio::test]
async fn a_request_has_the_key_the_trace_and_the_intent() {
    let script = Script::answers(&answer("200 OK", "", APPLIED)).await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let update = five_more();
    let client = client(script.address);
    let origin = Origin {
        till: Some(KeyName::new("till ä").unwrap()),
        store: Some("süd".parse().unwrap()),
        trace: Some(TraceContext {
            parent: trace.parse().unwrap(),
            state: Some("a=1,b=2".into()),
        }),
    };
    answered(client.send(&(), &update, &origin).await);
    let requests = script.requests();
    let key = update.idempotency_key.unwrap();
    for expected in [
        "POST /inventory/updates HTTP/1.1\r\n".to_owned(),
        format!("host: {}\r\n", script.address),
        "x-api-key: demo\r\n".to_owned(),
        "content-type: application/json\r\n".to_owned(),
        format!("traceparent: {trace}\r\n"),
        "tracestate: a=1,b=2\r\n".to_owned(),
        "on-behalf-of: till%20%C3%A4\r\n".to_owned(),
        "acting-store: s%C3%BCd\r\n".to_owned(),
        format!(
            "\r\n\r\n{{\"storeId\":\"s1\",\"productId\":\"tea\",\"delta\":5,\"version\":null,\"idempotencyKey\":\"{key}\"}}"
        ),
    ] {
        assert!(
            requests[0].contains(&expected),
            "{expected} in {requests:?}"
        );
    }
    assert!(!requests[0].contains("accept-encoding"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn central_answers_and_refuses() {
    let running = central().await;
    let client = client(running.address());
    let mut update = five_more();
    let first = answered(client.send(&(), &update, &Origin::default()).await);
    assert_eq!(first.answer.new_version, Version::new(1).unwrap());
    assert!(!first.replayed);
    let again = answered(client.send(&(), &update, &Origin::default()).await);
    assert!(again.replayed);
    assert_eq!(again.body, first.body);

    update = five_more();
    update.version = Some(Version::new(9).unwrap());
    let stale = client.send(&(), &update, &Origin::default()).await;
    assert_eq!(told(&stale), "refused 409 conflict; nothing done; give up");

    update.idempotency_key = None;
    let keyless = client.send(&(), &update, &Origin::default()).await;
    assert_eq!(
        told(&keyless),
        "refused 400 bad_request; nothing done; give up"
    );

    let stranger = client_with(running.address(), |settings| {
        settings.key = "nobody".parse().unwrap();
    });
    let unknown = stranger.snapshot().await;
    assert_eq!(
        told(&unknown),
        "refused 401 unauthorized; nothing done; give up"
    );
}
