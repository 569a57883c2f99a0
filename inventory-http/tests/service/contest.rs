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
