//! A central that writes events of a type that this version does not know.

use serde_json::json;

use crate::logs;
use crate::world::{World, wait};

#[test]
fn what_a_newer_central_writes_is_taken_over_from_one_snapshot_on() {
    logs::listen();
    let mut world = World::with(&[("STORE_ID", "outdated")]);
    world.link.rename("StockIncreased", "StockDelivered");
    let change = |world: &World, product: &str, delta: i64, key: &str| {
        let body = json!({
            "storeId": "outdated", "productId": product, "delta": delta, "version": null, "idempotencyKey": key,
        });
        let reply = world.at_central("POST", "/inventory/updates", &body.to_string());
        assert_eq!(reply.status, 200, "{reply:?}");
    };
    for round in 0..2 {
        for (number, (product, delta)) in [("tea", 9), ("jam", 5), ("tea", -2), ("tea", 4)]
            .into_iter()
            .enumerate()
        {
            change(&world, product, delta, &format!("{round}-{number}"));
        }
        world.in_step();
        for (product, units) in [("tea", 11), ("jam", 5)] {
            let path = format!("/store/inventory/{product}");
            let shown = world.at_store("GET", &path, "").json();
            let expected = units * (round + 1);
            assert_eq!(
                (&shown["storeQuantity"], &shown["stale"]),
                (&json!(expected), &json!(false)),
                "{shown}"
            );
        }
        let ready = world.reason("central is newer than this store");
        assert_eq!(ready["status"], "degraded");
        assert!(
            ready["reasons"].to_string().contains("StockDelivered"),
            "{ready}"
        );
        let line = [
            "store=outdated",
            "central is newer than this store",
            "StockDelivered",
        ];
        // Once for each of the two processes.
        assert_eq!(logs::count(&line), round + 1);
        assert_eq!(world.link.asked("GET /replication/snapshot"), 1);
        world.stop_store();
        world.start_store();
    }
    // The copy was saved with the chain that central vouches for, and central knows it by that.
    world.in_step();
    assert_eq!(world.link.asked("GET /replication/snapshot"), 1);
    wait("a poll that waits", || {
        let asked = world.link.asked("GET /replication/changes");
        (asked > 3).then_some(())
    });
}
