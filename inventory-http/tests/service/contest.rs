//! Many clients who want the same.

use std::sync::Barrier;
use std::thread;

use serde_json::json;

use crate::world::World;

#[test]
fn five_hundred_clients_who_race_for_a_hundred_units_sell_exactly_a_hundred() {
    const CLIENTS: usize = 500;
    let world = World::new();
    world.adjust("last", "north", 100, "opening");
    let start = Barrier::new(CLIENTS);
    let statuses: Vec<u16> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (world, start) = (&world, &start);
                scope.spawn(move || {
                    let mut client = world.client();
                    let body = format!(
                        r#"{{"storeId":"north","productId":"last","delta":-1,"version":null,"idempotencyKey":"c{number}"}}"#
                    );
                    start.wait();
                    client.call("POST", "/inventory/updates", &[], Some(&body)).status
                })
            })
            .collect();
        clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .collect()
    });
    let count = |status| statuses.iter().filter(|&&found| found == status).count();
    assert_eq!((count(200), count(422)), (100, 400));
    assert_eq!(world.get("/inventory/last").json()["available"], 0);
    assert_eq!(world.head(), 101);
}

#[test]
fn clients_who_compare_and_swap_all_get_their_turn() {
    const CLIENTS: usize = 24;
    let world = World::new();
    world.adjust("tea", "north", 100, "opening");
    thread::scope(|scope| {
        for number in 0..CLIENTS {
            let world = &world;
            scope.spawn(move || {
                let mut client = world.client();
                let mut version = json!(1);
                loop {
                    let body = json!({
                        "storeId": "north", "productId": "tea", "delta": -1, "version": version,
                        "idempotencyKey": format!("c{number}"),
                    });
                    let reply =
                        client.call("POST", "/inventory/updates", &[], Some(&body.to_string()));
                    match reply.status {
                        200 => return,
                        // The refusal says what the next try needs.
                        409 => version = reply.json()["current"]["version"].clone(),
                        _ => panic!("{reply:?}"),
                    }
                }
            });
        }
    });
    let tea = world.get("/inventory/tea").json();
    assert_eq!(
        (&tea["available"], &tea["version"]),
        (&json!(76), &json!(25))
    );
}

#[test]
fn fifty_clients_who_race_to_hold_ten_units_hold_exactly_ten() {
    const CLIENTS: usize = 50;
    let world = World::new();
    world.adjust("last", "north", 10, "opening");
    let start = Barrier::new(CLIENTS);
    let held: Vec<Option<usize>> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (world, start) = (&world, &start);
                scope.spawn(move || {
                    let mut client = world.client();
                    let body = format!(
                        r#"{{"reservationId":"r{number}","lines":[{{"storeId":"north","productId":"last","quantity":1}}],"ttlSeconds":60,"idempotencyKey":"h{number}"}}"#
                    );
                    start.wait();
                    let reply = client.call("POST", "/reservations", &[], Some(&body));
                    assert!(matches!(reply.status, 201 | 422), "{reply:?}");
                    (reply.status == 201).then_some(number)
                })
            })
            .collect();
        clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .collect()
    });
    let held: Vec<_> = held.into_iter().flatten().collect();
    assert_eq!(held.len(), 10);
    let last = world.get("/inventory/last").json();
    assert_eq!(
        (&last["available"], &last["version"]),
        (&json!(0), &json!(11))
    );
    // Each of them is committed and released at once: one of the two wins.
    let won: usize = thread::scope(|scope| {
        let ends: Vec<_> = held
            .iter()
            .flat_map(|number| ["commit", "release"].map(|verb| (number, verb)))
            .map(|(number, verb)| {
                let world = &world;
                scope.spawn(move || {
                    let path = format!("/reservations/r{number}/{verb}");
                    let body = format!(r#"{{"idempotencyKey":"{verb}{number}"}}"#);
                    let reply = world.post(&path, &body);
                    assert!(matches!(reply.status, 200 | 409), "{reply:?}");
                    usize::from(reply.status == 200)
                })
            })
            .collect();
        ends.into_iter().map(|end| end.join().unwrap()).sum()
    });
    assert_eq!(won, 10);
    let released = world.get("/reservations?state=released").json();
    let released = released["items"].as_array().unwrap().len();
    assert_eq!(world.get("/inventory/last").json()["available"], released);
}
