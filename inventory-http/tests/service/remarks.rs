//! Who, why and what for: in the log and in the feed, and no part of what a request means.

use serde_json::{Value, json};

use crate::world::World;

const UPDATES: &str = "/inventory/updates";

fn update(key: &str, said: &Value) -> String {
    let mut body = json!({
        "storeId": "north", "productId": "tea", "delta": 1, "version": null, "idempotencyKey": key,
    });
    let fields = body.as_object_mut().unwrap();
    fields.extend(said.as_object().unwrap().clone());
    body.to_string()
}

fn events(world: &World) -> Vec<Value> {
    let changes = world.get("/replication/changes").json();
    changes["events"].as_array().unwrap().clone()
}

#[test]
fn what_a_request_says_of_itself_is_in_the_feed_with_the_name_of_its_key() {
    let world = World::with(&[("API_KEYS", "demo,secret=till 7@store:north")]);
    let note = "ä".repeat(512);
    let said = json!({ "reason": "receipt", "note": note, "reference": "delivery-7" });
    assert_eq!(world.post(UPDATES, &update("k1", &said)).status, 200);
    let head = [("X-API-Key", "secret")];
    let mut client = world.client();
    let quiet = update("k2", &json!({}));
    let reply = client.call("POST", UPDATES, &head, Some(&quiet));
    assert_eq!(reply.status, 200, "{reply:?}");
    let row = format!(r#"{{"updates":[{}]}}"#, update("k3", &said));
    assert_eq!(world.post("/inventory/batch", &row).status, 200);
    let sync = r#"{"storeId":"north","mode":"overwrite","products":[{"id":"tea","qty":9}],"reason":"count"}"#;
    assert_eq!(world.post("/inventory/sync", sync).status, 200);

    let told = |event: &Value| {
        ["reason", "note", "reference", "actor"]
            .map(|field| event[field].as_str().map(str::to_owned))
    };
    let expected = [
        [
            Some("receipt"),
            Some(&note),
            Some("delivery-7"),
            Some("demo"),
        ],
        [None, None, None, Some("till 7")],
        [
            Some("receipt"),
            Some(&note),
            Some("delivery-7"),
            Some("demo"),
        ],
        [Some("count"), None, None, Some("demo")],
    ];
    let expected = expected.map(|fields| fields.map(|field| field.map(str::to_owned)));
    let found: Vec<_> = events(&world).iter().map(told).collect();
    assert_eq!(found, expected);
}

#[test]
fn what_a_request_says_of_itself_is_no_part_of_its_intent() {
    let world = World::new();
    let first = world.post(UPDATES, &update("k1", &json!({ "note": "one" })));
    let other = json!({ "note": "two", "reason": "loss", "reference": "order" });
    let again = world.post(UPDATES, &update("k1", &other));
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(events(&world)[0]["note"], "one");
}

#[test]
fn a_remark_that_is_none_is_refused_by_name() {
    let world = World::new();
    for (said, field) in [
        (json!({ "reason": "because" }), "reason"),
        (json!({ "reason": null }), "reason"),
        (json!({ "note": "" }), "note"),
        (json!({ "note": "a\nb" }), "note"),
        (json!({ "note": "x".repeat(513) }), "note"),
        (json!({ "reference": "x".repeat(257) }), "reference"),
        (json!({ "reference": 7 }), "reference"),
        (json!({ "actor": "somebody else" }), "actor"),
    ] {
        let reply = world.post(UPDATES, &update("k1", &said));
        let expected = (400, "bad_request".to_owned(), field.to_owned());
        assert_eq!(reply.error(), expected, "{said}");
    }
    let row = update("k1", &json!({ "note": "" }));
    let batch = format!(r#"{{"updates":[{row}]}}"#);
    let sync = r#"{"storeId":"north","mode":"overwrite","products":[{"id":"tea","qty":9}],"reason":"because"}"#;
    for (path, body, field) in [
        ("/inventory/batch", &*batch, "updates[0].note"),
        ("/inventory/sync", sync, "reason"),
    ] {
        let reply = world.post(path, body);
        let expected = (400, "bad_request".to_owned(), field.to_owned());
        assert_eq!(reply.error(), expected, "{path}");
    }
    assert_eq!(world.head(), 0);
}
