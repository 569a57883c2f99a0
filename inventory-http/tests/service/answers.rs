//! The answers in the document: each is what central answers to the example of the request.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyper::StatusCode;
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{DeadLetter, DeadLetters as _, Ports};
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::{Epoch, Timestamp};
use inventory_http::central::{document, routes};
use serde_json::{Value, json};

use crate::world::{World, settings};

/// A central at one moment, in one epoch, with a dead letter: what it answers is the same each time.
struct Shown {
    world: World,
    answers: BTreeMap<String, Value>,
}

impl Shown {
    fn new() -> Self {
        let clock = ManualClock::at(Timestamp::UNIX_EPOCH.plus_millis(1_767_607_200_000));
        let storage = MemoryStorage::with_epoch(Epoch::from_random(7));
        let letter = DeadLetter::new(
            "1".to_owned(),
            "the event names no product".to_owned(),
            Timestamp::UNIX_EPOCH.plus_millis(1_767_520_800_000),
            br#"{"type":"StockLent"}"#,
        );
        storage.dead_letters().bury(&[letter]).unwrap();
        let ports = Ports {
            clock: Arc::new(clock),
            ..storage.ports()
        };
        let settings = settings(&[("API_KEYS", "office-key=office@admin")]);
        Self {
            world: World::on(ports, &settings),
            answers: BTreeMap::new(),
        }
    }

    /// Makes a call with what the document shows of it, and keeps the answer.
    fn call(&mut self, id: &str, query: &str) {
        let routes = routes();
        let route = routes.iter().find(|route| route.id == id).unwrap();
        let mut path = route.path.to_owned();
        for param in route.path_params {
            path = path.replace(&format!("{{{}}}", param.name), param.example);
        }
        let body = route.body.map(|body| body.example);
        let reply = self.world.client().call(
            route.method.as_str(),
            &(path + query),
            &[("X-API-Key", "office-key")],
            body,
        );
        assert!((200..300).contains(&reply.status), "{id}: {reply:?}");
        let shown = format!("{id} {}", reply.status);
        self.answers.insert(shown, reply.json());
    }
}

#[test]
fn the_answers_that_the_document_shows_are_those_that_are_given() {
    let mut shown = Shown::new();
    for id in [
        "syncStore",
        "updateStock",
        "updateMany",
        "transact",
        "countStock",
        "setAlert",
        "readAlert",
        "listAlerts",
        "readProduct",
        "readGlobalProduct",
        "listProducts",
        "holdStock",
        "extendReservation",
        "readReservation",
        "listReservations",
        "commitReservation",
        "shipTransfer",
        "receiveTransfer",
        "readTransfer",
        "listTransfers",
        "closeTransfer",
        "removeAlert",
        "readSnapshot",
        "whoAmI",
        "readLiveness",
        "readReadiness",
        "listDeadLetters",
        "readDeadLetter",
        "resolveDeadLetter",
    ] {
        shown.call(id, "");
    }
    shown.call("readHistory", "?productId=tea&limit=1");
    shown.call("readChanges", "?fromOffset=1&limit=1");
    let mut other = Shown::new();
    for id in ["syncStore", "holdStock", "releaseReservation"] {
        other.call(id, "");
    }
    let released = "releaseReservation 200";
    shown
        .answers
        .insert(released.to_owned(), other.answers[released].clone());

    let document = document();
    let mut documented = BTreeMap::new();
    for route in routes() {
        let method = route.method.as_str().to_ascii_lowercase();
        for answer in &route.answers {
            let is_shown = answer.status.is_success() && answer.status != StatusCode::NO_CONTENT;
            let Some(("application/json", Some(_))) = answer.content.filter(|_| is_shown) else {
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
        "central/answers.json is to be\n{}",
        serde_json::to_string_pretty(&json!(shown.answers)).unwrap()
    );
}
