//! The answers in the document: each is what a store answers to the example of the request.

use std::collections::BTreeMap;

use inventory_store::api::{document, routes};
use serde_json::{Value, json};

use crate::world::{World, wait};

/// A store with what it has answered.
struct Shown {
    world: World,
    answers: BTreeMap<String, Value>,
}

impl Shown {
    fn new() -> Self {
        let world = World::new();
        let stock = json!({
            "storeId": "north", "mode": "overwrite", "products": [{ "id": "tea", "qty": 20 }],
        });
        let reply = world.at_central("POST", "/inventory/sync", &stock.to_string());
        assert_eq!(reply.status, 200, "{reply:?}");
        world.in_step();
        let answers = BTreeMap::new();
        Self { world, answers }
    }

    /// Makes a call with what the document shows of it, and keeps the answer.
    fn call(&mut self, id: &str) {
        let routes = routes();
        let route = routes.iter().find(|route| route.id == id).unwrap();
        let mut path = route.path.to_owned();
        for param in route.path_params {
            path = path.replace(&format!("{{{}}}", param.name), param.example);
        }
        let body = route.body.map_or("", |body| body.example);
        let reply = self.world.at_store(route.method.as_str(), &path, body);
        assert!((200..300).contains(&reply.status), "{id}: {reply:?}");
        let mut answer = reply.json();
        still(&mut answer);
        self.answers
            .insert(format!("{id} {}", reply.status), answer);
    }

    /// Leaves an intent to a person: it takes more than there is.
    fn park(&self, key: &str) {
        self.alone();
        let intent = json!({
            "storeId": "north", "productId": "tea", "delta": -99, "version": null, "idempotencyKey": key,
        });
        let path = "/store/inventory/updates";
        let queued = self.world.at_store("POST", path, &intent.to_string());
        assert_eq!(queued.status, 202, "{queued:?}");
        self.connected();
        wait("the refusal", || {
            let parked = &self.world.status()["parked"];
            (parked.as_array().unwrap().len() == 1).then_some(())
        });
    }

    fn alone(&self) {
        self.world.link.cut();
        self.world.knows_it_is_alone();
    }

    fn connected(&self) {
        self.world.link.mend();
        self.world.in_step();
    }
}

/// Takes out of an answer how late it is at the store, whose clock goes on, and how the system calls a connection that has broken.
fn still(answer: &mut Value) {
    match answer {
        Value::Object(fields) => {
            if let Some(age) = fields.get_mut("staleForMs") {
                assert!(age.is_u64());
                *age = json!(40);
            }
            if let Some(age) = fields.get_mut("oldestAgeMs") {
                assert!(age.is_u64());
                *age = json!(0);
            }
            for time in ["parkedAt", "since"] {
                if let Some(time) = fields.get_mut(time) {
                    assert!(time.as_str().unwrap().starts_with("2023-11-14T22:1"));
                    *time = json!("2023-11-14T22:13:20.000Z");
                }
            }
            if let Some(error) = fields.get_mut("lastError") {
                assert_eq!(error["code"], "unavailable");
                error["message"] = json!("central cannot be asked now; nothing was done");
            }
            fields.values_mut().for_each(still);
        }
        Value::Array(values) => values.iter_mut().for_each(still),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_answers_that_the_document_of_a_store_shows_are_those_that_are_given() {
    let mut shown = Shown::new();
    for id in [
        "updateStock",
        "countStock",
        "holdStock",
        "extendReservation",
        "readReservation",
        "commitReservation",
        "shipTransfer",
        "readTransfer",
        "readLiveness",
    ] {
        shown.call(id);
    }
    shown.world.in_step();
    for id in ["readProduct", "listProducts", "readReadiness"] {
        shown.call(id);
    }
    for (id, key) in [
        ("retryParked", "delivery-2"),
        ("discardParked", "delivery-2"),
        ("retryIntent", "delivery-1"),
        ("discardIntent", "delivery-1"),
    ] {
        if !id.starts_with("discard") {
            shown.park(key);
        } else {
            // What was tried again is refused again.
            shown.connected();
            wait("the refusal", || {
                let parked = &shown.world.status()["parked"];
                (parked.as_array().unwrap().len() == 1).then_some(())
            });
        }
        if id == "retryIntent" {
            shown.call("readStatus");
        }
        if id.starts_with("retry") {
            shown.alone();
        }
        shown.call(id);
    }
    // Under another key than what was applied before.
    let mut other = Shown::new();
    other.call("holdStock");
    other.call("releaseReservation");
    other.alone();
    other.call("updateStock");
    for id in ["releaseReservation 200", "updateStock 202"] {
        shown
            .answers
            .insert(id.to_owned(), other.answers[id].clone());
    }
    // It arrives at this store, and what does not arrive is settled where it came from.
    let mut receiving = Shown::new();
    let shipped = json!({
        "transferId": "van-1", "fromStoreId": "south", "toStoreId": "north",
        "lines": [{ "productId": "tea", "quantity": 4 }], "idempotencyKey": "ship-1",
    });
    let stock = json!({
        "storeId": "south", "mode": "overwrite", "products": [{ "id": "tea", "qty": 9 }],
    });
    for (path, body) in [("/inventory/sync", stock), ("/transfers", shipped)] {
        let reply = receiving.world.at_central("POST", path, &body.to_string());
        assert!(reply.status < 300, "{reply:?}");
    }
    receiving.world.in_step();
    receiving.call("receiveTransfer");
    receiving.call("closeTransfer");
    shown.answers.extend(receiving.answers);

    let document = document();
    let mut documented = BTreeMap::new();
    for route in routes() {
        let method = route.method.as_str().to_ascii_lowercase();
        for answer in &route.answers {
            let Some(("application/json", Some(_))) =
                answer.content.filter(|_| answer.status.is_success())
            else {
                continue;
            };
            let status = answer.status.as_str();
            let response = &document["paths"][route.path][&method]["responses"][status];
            let example = response["content"]["application/json"]["example"].clone();
            documented.insert(format!("{} {status}", route.id), example);
        }
    }
    assert!(
        documented == shown.answers,
        "api/answers.json is to be\n{}",
        serde_json::to_string_pretty(&json!(shown.answers)).unwrap()
    );
}
