//! In which order a mutation is checked: the same for all of them, whatever they change.

use inventory_http::central::routes;
use serde_json::{Value, json};

use crate::world::World;

#[test]
fn a_mutation_is_checked_for_its_body_its_key_its_stores_and_then_what_there_is() {
    let world = World::with(&[("API_KEYS", "demo,shop=store:elsewhere")]);
    for (id, refusal) in [
        ("updateStock", (403, "storeId")),
        ("transact", (403, "storeId")),
        ("countStock", (403, "storeId")),
        ("holdStock", (403, "storeId")),
        ("shipTransfer", (403, "storeId")),
        ("commitReservation", (404, "reservationId")),
        ("releaseReservation", (404, "reservationId")),
        ("extendReservation", (404, "reservationId")),
        ("receiveTransfer", (404, "transferId")),
        ("closeTransfer", (404, "transferId")),
    ] {
        let routes = routes();
        let route = routes.iter().find(|route| route.id == id).unwrap();
        let path = route.path.replace("{reservationId}", "none");
        let path = path.replace("{transferId}", "none");
        let refused = |body: &Value| {
            let (mut client, body) = (world.client(), body.to_string());
            let reply = client.call("POST", &path, &[("X-API-Key", "shop")], Some(&body));
            let (status, _, field) = reply.error();
            (status, field)
        };
        let mut body: Value = serde_json::from_str(route.body.unwrap().example).unwrap();
        let named = body.clone();
        assert!(
            body.as_object_mut()
                .unwrap()
                .remove("idempotencyKey")
                .is_some()
        );
        let mut more = body.clone();
        more["more"] = json!(1);
        assert_eq!(refused(&more), (400, "more".to_owned()), "{id}");
        assert_eq!(refused(&body), (400, "idempotencyKey".to_owned()), "{id}");
        assert_eq!(refused(&named), (refusal.0, refusal.1.to_owned()), "{id}");
    }
}

#[test]
fn a_store_that_a_body_names_is_refused_before_what_there_is() {
    let world = World::with(&[("API_KEYS", "demo,shop=store:elsewhere")]);
    let lines = json!([{ "storeId": "north", "productId": "tea", "quantity": 1 }]);
    let body = json!({ "idempotencyKey": "c1", "lines": lines }).to_string();
    let (path, head) = ("/reservations/none/commit", [("X-API-Key", "shop")]);
    let reply = world.client().call("POST", path, &head, Some(&body));
    assert_eq!(reply.error(), (403, "forbidden".into(), "storeId".into()));
}
