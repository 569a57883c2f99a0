//! POST /inventory/sync.

use serde_json::json;

use crate::client::Reply;
use crate::world::{World, assert_fields};

fn sync(world: &World, mode: &str, rows: serde_json::Value, key: Option<&str>) -> Reply {
    let mut body = json!({ "storeId": "north", "mode": mode, "products": rows });
    if let Some(key) = key {
        body["idempotencyKey"] = key.into();
    }
    world.post("/inventory/sync", &body.to_string())
}

#[test]
fn each_row_is_created_updated_or_skipped_with_a_reason() {
    let world = World::new();
    world.adjust("tea", "north", 10, "k1");
    world.adjust("rice", "south", 4, "k2");
    let rows = json!([
        { "id": "tea", "qty": 12, "version": 1 },
        { "id": "rice", "qty": 3, "version": 1 },
        { "id": "salt", "qty": 7, "version": 99 },
        { "id": "oil", "qty": 0, "version": 0 },
    ]);
    let reply = sync(&world, "merge", rows, None);
    assert_fields(&reply, &json!({ "updated": 1, "created": 3, "skipped": 0 }));
    let rows = json!([
        { "id": "tea", "qty": 13, "version": 1 },
        { "id": "rice", "qty": 3, "version": 2 },
        { "id": "salt", "qty": 8, "version": 1 },
    ]);
    let reply = sync(&world, "merge", rows, None);
    let results = json!([
        { "id": "tea", "status": "skipped", "reason": "stale" },
        { "id": "rice", "status": "skipped", "reason": "unchanged" },
        { "id": "salt", "status": "updated", "reason": null },
    ]);
    assert_fields(
        &reply,
        &json!({ "updated": 1, "created": 0, "skipped": 2, "results": results }),
    );
    assert_eq!(world.head(), 7);
    let reply = sync(
        &world,
        "overwrite",
        json!([{ "id": "tea", "qty": 1 }]),
        None,
    );
    assert_fields(&reply, &json!({ "updated": 1, "created": 0, "skipped": 0 }));
    assert_eq!(world.get("/inventory/tea").json()["available"], 1);
}

#[test]
fn a_sync_with_a_key_is_applied_once_and_answered_the_same() {
    let world = World::new();
    world.adjust("tea", "north", 10, "k1");
    let rows =
        json!([{ "id": "tea", "qty": 5, "version": 9 }, { "id": "salt", "qty": 7, "version": 0 }]);
    let first = sync(&world, "merge", rows.clone(), Some("s1"));
    assert_fields(&first, &json!({ "updated": 0, "created": 1, "skipped": 1 }));
    world.adjust("salt", "north", -2, "k2");
    let again = sync(&world, "merge", rows.clone(), Some("s1"));
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(sync(&world, "overwrite", rows, Some("s1")).status, 422);
    assert_eq!(world.head(), 3);
}

#[test]
fn a_sync_that_changes_nothing_is_remembered_under_its_key_alone() {
    let world = World::new();
    world.adjust("tea", "north", 10, "k1");
    let rows = json!([{ "id": "tea", "qty": 10, "version": 1 }]);
    let reply = sync(&world, "merge", rows.clone(), None);
    assert_fields(&reply, &json!({ "updated": 0, "created": 0, "skipped": 1 }));
    assert_eq!(world.head(), 1, "nobody can ask for this answer again");
    let first = sync(&world, "merge", rows.clone(), Some("s1"));
    assert_eq!(
        (world.head(), first.header("idempotent-replayed")),
        (2, None)
    );
    let again = sync(&world, "merge", rows, Some("s1"));
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let events = world.get("/replication/changes?fromOffset=1").json();
    let event = &events["events"][0];
    assert_eq!(event["type"], "StockUnchanged");
    assert_eq!(
        (&event["newVersion"], &event["onHand"]),
        (&json!(1), &json!(10))
    );
}

/// The same synchronisation, sent again after its answer was lost, took back the sale that had come in between.
#[test]
fn a_sync_that_found_nothing_to_change_takes_no_sale_back_later() {
    let world = World::new();
    let rows = json!([{ "id": "tea", "qty": 5 }]);
    sync(&world, "overwrite", rows.clone(), Some("opening"));
    let first = sync(&world, "overwrite", rows.clone(), Some("K"));
    assert_fields(&first, &json!({ "updated": 0, "created": 0, "skipped": 1 }));
    world.adjust("tea", "north", -1, "sale");
    let again = sync(&world, "overwrite", rows, Some("K"));
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(world.get("/inventory/tea").json()["available"], 4);
    let other = sync(
        &world,
        "overwrite",
        json!([{ "id": "tea", "qty": 9 }]),
        Some("K"),
    );
    assert_eq!(other.status, 422);
}

#[test]
fn what_is_wrong_with_a_sync_is_named_and_nothing_is_done() {
    let world = World::new();
    let rows = [
        (
            "merge",
            json!([{ "id": "tea", "qty": 1 }]),
            400,
            "products[0].version",
        ),
        (
            "merge",
            json!([{ "id": "tea", "qty": 1, "version": null }]),
            400,
            "products[0].version",
        ),
        (
            "merge",
            json!([{ "id": "tea", "qty": -1, "version": 0 }]),
            400,
            "products[0].qty",
        ),
        (
            "merge",
            json!([{ "id": "tea", "qty": 1.5, "version": 0 }]),
            400,
            "products[0].qty",
        ),
        (
            "overwrite",
            json!([{ "id": "", "qty": 1 }]),
            400,
            "products[0].id",
        ),
        (
            "overwrite",
            json!([{ "id": "tea", "qty": 1u64 << 53 }]),
            400,
            "products[0].qty",
        ),
        (
            "overwrite",
            json!([{ "id": "tea", "qty": 1, "more": 1 }]),
            400,
            "products[0].more",
        ),
        ("overwrite", json!([]), 400, "products"),
        ("replace", json!([{ "id": "tea", "qty": 1 }]), 400, "mode"),
        (
            "overwrite",
            json!([{ "id": "a", "qty": 1 }, { "id": "a", "qty": 1 }]),
            422,
            "products[1].id",
        ),
    ];
    for (mode, rows, status, field) in rows {
        let reply = sync(&world, mode, rows.clone(), None);
        let (found, _, named) = reply.error();
        assert_eq!((found, named.as_str()), (status, field), "{rows}");
    }
    assert_eq!(world.head(), 0);
}
