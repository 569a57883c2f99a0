//! What a store passes on: reservations, transfers and counts.

use serde_json::{Value, json};

use crate::world::{Reply, World, wait};

fn post(world: &World, path: &str, body: &Value) -> Reply {
    world.at_store("POST", path, &body.to_string())
}

/// A store in step with central, with five units.
fn stocked() -> World {
    let world = World::new();
    world.count(5);
    world.in_step();
    world
}

fn hold(store: &str, quantity: u64) -> Value {
    json!({
        "reservationId": "r/1", "ttlSeconds": 60, "idempotencyKey": "h1",
        "lines": [{ "storeId": store, "productId": "tea", "quantity": quantity }],
    })
}

fn at_this_store(world: &World) -> Value {
    let tea = world.at_store("GET", "/store/inventory/tea", "").json();
    tea["storeQuantity"].clone()
}

#[test]
fn a_reservation_lives_at_central_and_is_shown_at_once() {
    let world = stocked();
    let held = post(&world, "/store/reservations", &hold("north", 3));
    assert_eq!(held.status, 201, "{held:?}");
    assert_eq!(at_this_store(&world), 2);
    let again = post(&world, "/store/reservations", &hold("north", 3));
    assert_eq!((again.status, &again.body), (201, &held.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let longer = json!({ "ttlSeconds": 120, "idempotencyKey": "e1" });
    let longer = post(&world, "/store/reservations/r%2F1/extend", &longer);
    assert_eq!(longer.status, 200, "{longer:?}");
    let some = json!({
        "idempotencyKey": "c1", "lines": [{ "storeId": "north", "productId": "tea", "quantity": 1 }],
    });
    let committed = post(&world, "/store/reservations/r%2F1/commit", &some);
    assert_eq!(committed.status, 200, "{committed:?}");
    assert_eq!(at_this_store(&world), 4);
    let read = world.at_store("GET", "/store/reservations/r%2F1", "");
    assert_eq!(
        (read.status, &read.json()["state"]),
        (200, &json!("committed"))
    );
    let late = post(
        &world,
        "/store/reservations/r%2F1/release",
        &json!({ "idempotencyKey": "l1" }),
    );
    assert_eq!(
        (late.status, &late.json()["code"]),
        (409, &json!("conflict"))
    );
    world.in_step();
    assert_eq!((at_this_store(&world), world.units()), (json!(4), 4));
}

#[test]
fn a_transfer_leaves_this_store_and_a_count_says_what_is_there() {
    let world = stocked();
    let shipment = json!({
        "transferId": "t1", "fromStoreId": "north", "toStoreId": "south", "idempotencyKey": "s1",
        "lines": [{ "productId": "tea", "quantity": 2 }],
    });
    assert_eq!(post(&world, "/store/transfers", &shipment).status, 201);
    assert_eq!(at_this_store(&world), 3);
    let end = json!({ "idempotencyKey": "c1", "outcome": "returned" });
    assert_eq!(post(&world, "/store/transfers/t1/close", &end).status, 200);
    let read = world.at_store("GET", "/store/transfers/t1", "").json();
    assert_eq!(read["state"], "returned");
    let late = post(
        &world,
        "/store/transfers/t1/receive",
        &json!({ "idempotencyKey": "r1" }),
    );
    assert_eq!(late.status, 409);
    let count = json!({
        "storeId": "north", "productId": "tea", "counted": 9, "version": null, "idempotencyKey": "n1",
    });
    let counted = post(&world, "/store/inventory/counts", &count);
    assert_eq!(
        (counted.status, &counted.json()["onHand"]),
        (200, &json!(9))
    );
    assert_eq!(at_this_store(&world), 9);
}

#[test]
fn nothing_is_promised_for_another_store_or_while_central_is_away() {
    let world = stocked();
    let other = post(&world, "/store/reservations", &hold("south", 1));
    assert_eq!(
        (other.status, &other.json()["code"]),
        (403, &json!("forbidden"))
    );
    let unknown = world.at_store("GET", "/store/reservations/none", "");
    assert_eq!(unknown.status, 404);
    world.link.cut();
    world.knows_it_is_alone();
    let alone = post(&world, "/store/reservations", &hold("north", 1));
    assert_eq!(
        (alone.status, &alone.json()["code"]),
        (503, &json!("unavailable"))
    );
    assert!(alone.header("retry-after").is_some());
    assert_eq!(world.at_store("GET", "/store/transfers/t1", "").status, 503);
    assert_eq!(
        world.at_central("GET", "/reservations/r%2F1", "").status,
        404
    );
}

#[test]
fn a_lost_answer_is_asked_for_again_and_units_are_held_once() {
    let world = stocked();
    world.link.swallow(true);
    let link = world.link.clone();
    let reply = std::thread::scope(|scope| {
        let holding = scope.spawn(|| post(&world, "/store/reservations", &hold("north", 3)));
        wait("the effect", || {
            let held = world.at_central("GET", "/reservations/r%2F1", "");
            (held.status == 200).then_some(())
        });
        link.swallow(false);
        holding.join().unwrap()
    });
    assert!([201, 503].contains(&reply.status), "{reply:?}");
    world.in_step();
    let again = post(&world, "/store/reservations", &hold("north", 3));
    assert_eq!((again.status, at_this_store(&world)), (201, json!(2)));
}
