//! POST /inventory/updates and /inventory/batch.

use serde_json::json;

use crate::world::{World, assert_fields};

const UPDATES: &str = "/inventory/updates";

#[test]
fn an_update_answers_what_is_true_afterwards() {
    let world = World::new();
    let reply = world.adjust("tea", "north", 10, "k1");
    assert_fields(
        &reply,
        &json!({
            "productId": "tea", "newQuantity": 10, "newVersion": 1, "applied": true, "storeId": "north",
            "storeQuantity": 10,
        }),
    );
    assert_eq!(reply.json().as_object().unwrap().len(), 7);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("idempotent-replayed"), None);
    let reply = world.adjust("tea", "south", 5, "k2");
    assert_fields(
        &reply,
        &json!({ "newQuantity": 15, "newVersion": 2, "storeQuantity": 5 }),
    );
}

#[test]
fn a_key_gets_its_first_answer_again_byte_for_byte() {
    let world = World::new();
    let first = world.adjust("tea", "north", 10, "k1");
    world.adjust("tea", "north", 1, "k2");
    for version in ["null", "0", "7"] {
        let body = format!(
            r#"{{"storeId":"north","productId":"tea","delta":10,"version":{version},"idempotencyKey":"k1"}}"#
        );
        let again = world.post(UPDATES, &body);
        assert_eq!((again.status, &again.body), (200, &first.body));
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
    }
    assert_eq!(world.head(), 2);
}

#[test]
fn what_is_well_formed_and_impossible_is_refused_with_what_is_true() {
    let world = World::new();
    world.adjust("tea", "north", 10, "k1");
    world.adjust("full", "north", (1 << 53) - 1, "k2");
    let rows = [
        (
            r#""north","productId":"tea","delta":-1,"version":0,"idempotencyKey":"a"#,
            409,
            "conflict",
            "version",
        ),
        (
            r#""north","productId":"new","delta":1,"version":1,"idempotencyKey":"a"#,
            409,
            "conflict",
            "version",
        ),
        (
            r#""north","productId":"tea","delta":-11,"version":1,"idempotencyKey":"a"#,
            422,
            "unprocessable",
            "delta",
        ),
        (
            r#""south","productId":"tea","delta":-1,"version":null,"idempotencyKey":"a"#,
            422,
            "unprocessable",
            "delta",
        ),
        (
            r#""north","productId":"full","delta":1,"version":null,"idempotencyKey":"a"#,
            422,
            "unprocessable",
            "delta",
        ),
        (
            r#""south","productId":"full","delta":1,"version":null,"idempotencyKey":"a"#,
            422,
            "unprocessable",
            "delta",
        ),
        (
            r#""north","productId":"tea","delta":-2,"version":null,"idempotencyKey":"k1"#,
            422,
            "unprocessable",
            "idempotencyKey",
        ),
    ];
    for (row, status, code, field) in rows {
        let reply = world.post(UPDATES, &format!(r#"{{"storeId":{row}"}}"#));
        assert_eq!(
            reply.error(),
            (status, code.to_owned(), field.to_owned()),
            "{row}"
        );
    }
    let stale =
        r#"{"storeId":"south","productId":"tea","delta":-1,"version":0,"idempotencyKey":"a"}"#;
    let current = json!({ "version": 1, "available": 10, "storeQuantity": 0 });
    assert_eq!(world.post(UPDATES, stale).json()["current"], current);
    assert_eq!(world.head(), 2);
}

#[test]
fn the_key_may_stand_in_the_head() {
    let world = World::new();
    let body = r#"{"storeId":"north","productId":"tea","delta":1,"version":null}"#;
    let with_key =
        r#"{"storeId":"north","productId":"tea","delta":1,"version":null,"idempotencyKey":"k1"}"#;
    let post =
        |headers: &[(&str, &str)], body| world.client().call("POST", UPDATES, headers, Some(body));
    assert_eq!(post(&[("Idempotency-Key", "k1")], body).status, 200);
    let again = post(&[("Idempotency-Key", "k1")], with_key);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let quoted = post(&[("Idempotency-Key", "\"k1\"")], with_key);
    assert_eq!(quoted.header("idempotent-replayed"), Some("true"));
    let bad = |field: &str| (400, "bad_request".to_owned(), field.to_owned());
    assert_eq!(post(&[], body).error(), bad("idempotencyKey"));
    assert_eq!(
        post(&[("Idempotency-Key", "k2")], with_key).error(),
        bad("Idempotency-Key")
    );
    let twice = [("Idempotency-Key", "k1"), ("Idempotency-Key", "k1")];
    assert_eq!(post(&twice, body).error(), bad("Idempotency-Key"));
    let unfinished = post(&[("Idempotency-Key", "\"k1")], body);
    assert_eq!(
        unfinished.faults(),
        ["Idempotency-Key must end with its closing quote"]
    );
    let long = "k".repeat(129);
    assert_eq!(
        post(&[("Idempotency-Key", &long)], body).error(),
        bad("Idempotency-Key")
    );
    assert_eq!(world.head(), 1);
}

#[test]
fn a_batch_answers_each_row_as_the_single_call_would() {
    let world = World::new();
    world.adjust("tea", "north", 10, "k0");
    let row = |product: &str, delta: i64, version: serde_json::Value, key: &str| {
        json!({
            "storeId": "north", "productId": product, "delta": delta, "version": version, "idempotencyKey": key,
        })
    };
    let batch = json!({ "updates": [
        row("tea", -1, json!(1), "k1"),
        row("tea", -1, json!(1), "k2"),
        row("tea", -100, json!(null), "k3"),
        row("tea", -1, json!(9), "k1"),
        row("rice", 3, json!(0), "k4"),
    ]});
    let reply = world.post("/inventory/batch", &batch.to_string());
    assert_eq!(reply.status, 200);
    let answer = reply.json();
    let of = |field: &str| {
        let results = answer["results"].as_array().unwrap();
        results
            .iter()
            .map(|result| result[field].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("status"), [200, 409, 422, 200, 200]);
    assert_eq!(
        of("newVersion"),
        [json!(2), json!(null), json!(null), json!(2), json!(1)]
    );
    assert_eq!(
        of("idempotentReplayed"),
        [
            json!(false),
            json!(null),
            json!(null),
            json!(true),
            json!(false)
        ]
    );
    assert_eq!(
        of("code"),
        [
            json!(null),
            json!("conflict"),
            json!("unprocessable"),
            json!(null),
            json!(null)
        ]
    );
    assert_eq!(answer["results"][1]["current"]["version"], 2);
    assert_eq!(answer["summary"], json!({ "applied": 3, "refused": 2 }));
    assert_eq!(world.head(), 3);
}

#[test]
fn a_malformed_row_refuses_the_whole_batch() {
    let world = World::new();
    let good = r#"{"storeId":"n","productId":"p","delta":1,"version":null,"idempotencyKey":"k1"}"#;
    let rows = [
        (
            r#"{"storeId":"n","productId":"p","delta":0,"version":null,"idempotencyKey":"k2"}"#,
            "updates[1].delta",
        ),
        (
            r#"{"storeId":"n","productId":"p","delta":1,"idempotencyKey":"k2"}"#,
            "updates[1].version",
        ),
        (
            r#"{"storeId":"n","productId":"p","delta":1,"version":null}"#,
            "updates[1].idempotencyKey",
        ),
        (
            r#"{"storeId":"","productId":"p","delta":1,"version":null,"idempotencyKey":"k2"}"#,
            "updates[1].storeId",
        ),
        ("null", "updates[1]"),
    ];
    for (bad, field) in rows {
        let reply = world.post(
            "/inventory/batch",
            &format!(r#"{{"updates":[{good},{bad}]}}"#),
        );
        assert_eq!(
            reply.error(),
            (400, "bad_request".to_owned(), field.to_owned()),
            "{bad}"
        );
    }
    let many = vec![good; 10_001].join(",");
    for rows in ["", &many] {
        let reply = world.post("/inventory/batch", &format!(r#"{{"updates":[{rows}]}}"#));
        assert_eq!(
            reply.error(),
            (400, "bad_request".to_owned(), "updates".to_owned())
        );
    }
    assert_eq!(world.head(), 0);
}
