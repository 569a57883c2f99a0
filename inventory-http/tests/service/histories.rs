//! Numbers of a history that is gone: after a restore the same version, and the same offset, is of something else.

use inventory_core::memory::MemoryStorage;
use inventory_core::vocabulary::Epoch;
use serde_json::{Value, json};

use crate::client::Reply;
use crate::world::{World, settings};

/// A world whose log has a history with this number.
fn world(history: u128) -> World {
    let storage = MemoryStorage::with_epoch(Epoch::from_random(history));
    World::on(storage.ports(), &settings(&[]))
}

fn epoch(world: &World) -> String {
    let page = world.get("/replication/changes?fromOffset=0").json();
    page["epoch"].as_str().unwrap().to_owned()
}

fn post(world: &World, path: &str, body: &Value) -> Reply {
    world.post(path, &body.to_string())
}

#[test]
fn numbers_of_another_history_change_nothing_and_those_of_this_one_do() {
    let (gone, here) = (epoch(&world(1)), world(2));
    let level = json!({ "storeId": "north", "productId": "tea" });
    let with = |more: &Value| {
        let mut body = level.clone();
        let fields = more.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(fields);
        body
    };
    let epochs = [(gone, 409), (epoch(&here), 200)];
    for (number, (epoch, status)) in epochs.into_iter().enumerate() {
        let head = here.head();
        let key = |call: &str| format!("{call}-{number}");
        let row = |more: &Value| with(more);
        let count = with(&json!({
            "counted": 9, "asOfOffset": head, "epoch": epoch, "idempotencyKey": key("count"),
        }));
        let update = with(&json!({
            "delta": -1, "version": 1, "epoch": epoch, "idempotencyKey": key("update"),
        }));
        let transaction = json!({
            "lines": [row(&json!({ "delta": -1, "version": null }))],
            "epoch": epoch, "idempotencyKey": key("transaction"),
        });
        let sync = json!({
            "storeId": "north", "mode": "overwrite", "epoch": epoch, "idempotencyKey": key("sync"),
            "products": [{ "id": "tea", "qty": 3 }],
        });
        for (path, body) in [
            ("/inventory/counts", &count),
            ("/inventory/updates", &update),
            ("/inventory/transactions", &transaction),
            ("/inventory/sync", &sync),
        ] {
            let reply = post(&here, path, body);
            assert_eq!(reply.status, status, "{path}: {reply:?}");
            if status == 409 {
                let refused = ("conflict".to_owned(), "epoch".to_owned());
                let (_, code, field) = reply.error();
                assert_eq!((code, field), refused, "{path}");
            }
        }
        let batch = json!({ "updates": [with(&json!({
            "delta": -1, "version": null, "epoch": epoch, "idempotencyKey": key("row"),
        }))] });
        let batched = post(&here, "/inventory/batch", &batch).json();
        assert_eq!(batched["results"][0]["status"], status, "{batched}");
        assert_eq!(here.head() > head, status == 200);
    }
}

/// What was answered is answered again, whatever it was read from: only what is new is compared.
#[test]
fn a_request_of_another_history_that_is_remembered_is_answered_again() {
    let (gone, here) = (epoch(&world(1)), world(2));
    let mut update = json!({
        "storeId": "north", "productId": "tea", "delta": 5, "version": null, "idempotencyKey": "k",
    });
    assert_eq!(post(&here, "/inventory/updates", &update).status, 200);
    update["epoch"] = gone.into();
    let again = post(&here, "/inventory/updates", &update);
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
}
