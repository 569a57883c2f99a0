//! Two tills of one store, which number their sales without asking each other.

use serde_json::{Value, json};

use crate::world::{Reply, World, call};

fn world() -> World {
    let world = World::with(&[
        ("API_KEYS", "demo,of-north=north@store:north"),
        ("CENTRAL_API_KEY", "of-north"),
        (
            "STORE_API_KEYS",
            "till,k1=till 1@store:north,k2=till 2@store:north",
        ),
    ]);
    world.count(10);
    world.in_step();
    world
}

fn post(world: &World, api_key: &str, path: &str, body: &Value) -> Reply {
    let head = format!("X-API-Key: {api_key}\r\n");
    call(
        world.store_address(),
        "POST",
        path,
        &head,
        &body.to_string(),
    )
}

fn sell(world: &World, api_key: &str, delta: i64, version: Option<u64>) -> Reply {
    let body = json!({
        "storeId": "north", "productId": "tea", "delta": delta, "version": version, "idempotencyKey": "0001",
    });
    post(world, api_key, "/store/inventory/updates", &body)
}

/// Whose keys the newest events have, and who is said to have made them.
fn recorded(world: &World, events: usize) -> Vec<Value> {
    let changes = world.at_central("GET", "/replication/changes", "").json();
    let all = changes["events"].as_array().unwrap();
    let newest = &all[all.len() - events..];
    newest
        .iter()
        .map(|event| json!([event["caller"], event["actor"]]))
        .collect()
}

fn both(first: &str, second: &str) -> Vec<Value> {
    vec![json!([first, first]), json!([second, second])]
}

#[test]
fn equal_numbers_of_two_tills_are_two_sales_and_central_records_who_has_asked() {
    let world = world();
    for api_key in ["k1", "k2"] {
        for replayed in [None, Some("true")] {
            let sold = sell(&world, api_key, -1, None);
            assert_eq!(sold.status, 200, "{sold:?}");
            assert_eq!(sold.header("idempotent-replayed"), replayed, "{api_key}");
        }
    }
    assert_eq!(world.units(), 8);
    assert_eq!(recorded(&world, 2), both("north/till 1", "north/till 2"));
    for (api_key, id) in [("k1", "r1"), ("k2", "r2")] {
        let hold = json!({
            "reservationId": id, "ttlSeconds": 60, "idempotencyKey": "0002",
            "lines": [{ "storeId": "north", "productId": "tea", "quantity": 1 }],
        });
        assert_eq!(
            post(&world, api_key, "/store/reservations", &hold).status,
            201
        );
        let path = format!("/store/reservations/{id}/commit");
        let commit = json!({ "idempotencyKey": "0003" });
        assert_eq!(post(&world, api_key, &path, &commit).status, 200);
    }
    let sold = recorded(&world, 4);
    assert_eq!(sold[..2], [sold[0].clone(), sold[0].clone()]);
    assert_eq!(
        vec![sold[0].clone(), sold[2].clone()],
        both("north/till 1", "north/till 2")
    );
    // The one whose key has no name asks as the store.
    assert_eq!(sell(&world, "till", -1, None).status, 200);
    assert_eq!(recorded(&world, 1), [json!(["north", "north"])]);
}

#[test]
fn equal_numbers_of_two_tills_that_were_queued_are_two_sales() {
    let mut world = world();
    world.link.cut();
    world.knows_it_is_alone();
    for api_key in ["k1", "k2", "k1"] {
        assert_eq!(sell(&world, api_key, -1, None).status, 202, "{api_key}");
    }
    assert_eq!(world.status()["outbox"]["queued"], 2);
    assert_eq!(
        sell(&world, "k2", -2, None).status,
        422,
        "its own key is in use"
    );
    world.stop_store();
    world.start_store();
    assert_eq!(world.status()["outbox"]["queued"], 2);
    world.link.mend();
    world.in_step();
    assert_eq!(world.units(), 8);
    assert_eq!(recorded(&world, 2), both("north/till 1", "north/till 2"));
    for api_key in ["k1", "k2"] {
        let again = sell(&world, api_key, -1, None);
        assert_eq!(
            again.header("idempotent-replayed"),
            Some("true"),
            "{api_key}"
        );
    }
    assert_eq!(world.units(), 8);
}

#[test]
fn a_parked_intent_is_named_by_its_key_and_its_till() {
    let world = world();
    world.link.cut();
    world.knows_it_is_alone();
    for api_key in ["k1", "k2"] {
        assert_eq!(sell(&world, api_key, -20, None).status, 202);
    }
    world.link.mend();
    world.in_step();
    let parked = |world: &World| world.status()["parked"].as_array().unwrap().clone();
    let tills: Vec<_> = parked(&world)
        .iter()
        .map(|one| one["till"].clone())
        .collect();
    assert_eq!(tills, [json!("till 1"), json!("till 2")]);
    let discard = |query: &str| {
        let path = format!("/store/parked/0001/discard{query}");
        post(&world, "till", &path, &json!({})).status
    };
    assert_eq!(discard(""), 404, "none of a till without a name is parked");
    assert_eq!(discard("?till=a%2Fb"), 400);
    assert_eq!(discard("?till=till%202"), 200);
    let left = parked(&world);
    assert_eq!((left.len(), &left[0]["till"]), (1, &json!("till 1")));
}
