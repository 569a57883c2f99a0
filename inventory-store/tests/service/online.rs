//! While the link is up.

use serde_json::json;

use crate::world::World;

#[test]
fn a_write_at_central_is_read_at_the_store() {
    let world = World::new();
    world.count(5);
    world.in_step();
    let tea = world.at_store("GET", "/store/inventory/tea", "");
    assert_eq!(tea.status, 200);
    let tea = tea.json();
    assert_eq!(
        (&tea["available"], &tea["storeQuantity"]),
        (&json!(5), &json!(5))
    );
    assert_eq!(tea["stale"], false);
    assert!(tea["staleForMs"].as_u64().unwrap() < 7_000);
    let listed = world.at_store("GET", "/store/inventory?limit=1", "").json();
    assert_eq!(listed["items"][0]["version"], tea["version"]);
    assert_eq!(listed["nextCursor"], "");
    assert_eq!(
        world.at_store("GET", "/store/inventory/none", "").status,
        404
    );
}

#[test]
fn a_write_is_forwarded_and_shown_at_once() {
    let world = World::new();
    world.count(5);
    world.in_step();
    let first = world.sell(-2, Some(1), "k");
    assert_eq!(first.status, 200, "{first:?}");
    let tea = world.at_store("GET", "/store/inventory/tea", "").json();
    assert_eq!(
        (&tea["version"], &tea["storeQuantity"]),
        (&json!(2), &json!(3))
    );
    let again = world.sell(-2, Some(1), "k");
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(world.units(), 3);
}

#[test]
fn what_a_write_says_of_itself_reaches_central_in_the_name_of_the_store() {
    let world = World::with(&[
        ("API_KEYS", "demo,secret=shop north@store:north"),
        ("CENTRAL_API_KEY", "secret"),
    ]);
    world.count(5);
    world.in_step();
    let mut body = json!({
        "storeId": "north", "productId": "tea", "delta": -1, "version": null, "idempotencyKey": "k",
        "reason": "damage", "note": "it fell", "reference": "order-7",
    });
    let path = "/store/inventory/updates";
    let reply = world.at_store("POST", path, &body.to_string());
    assert_eq!(reply.status, 200, "{reply:?}");
    let event = world.last_change();
    let said = ["reason", "note", "reference", "actor"].map(|field| event[field].as_str());
    let expected = ["damage", "it fell", "order-7", "shop north"].map(Some);
    assert_eq!(said, expected);
    for (field, value) in [("reason", "because"), ("note", ""), ("reference", "a\nb")] {
        let right = body[field].clone();
        body[field] = json!(value);
        let refused = world.at_store("POST", path, &body.to_string());
        assert_eq!(refused.status, 400, "{field}");
        assert_eq!(refused.json()["details"][0]["field"], field);
        body[field] = right;
    }
}

#[test]
fn what_central_refuses_is_passed_on_as_it_is() {
    let world = World::new();
    world.count(5);
    world.in_step();
    for (delta, version, status) in [(-1, Some(9), 409), (-6, None, 422)] {
        let by_store = world.sell(delta, version, "k");
        let body = json!({
            "storeId": "north", "productId": "tea", "delta": delta, "version": version, "idempotencyKey": "k",
        });
        let by_central = world.at_central("POST", "/inventory/updates", &body.to_string());
        assert_eq!(
            (by_store.status, &by_store.body),
            (status, &by_central.body)
        );
    }
    assert_eq!(world.units(), 5);
}

#[test]
fn a_lost_answer_is_asked_for_again_and_the_write_has_one_effect() {
    let world = World::new();
    world.count(5);
    world.in_step();
    world.link.swallow(true);
    let link = world.link.clone();
    let reply = std::thread::scope(|scope| {
        let selling = scope.spawn(|| world.sell(-1, None, "k"));
        crate::world::wait("the effect", || (world.units() == 4).then_some(()));
        link.swallow(false);
        selling.join().unwrap()
    });
    assert!([200, 202].contains(&reply.status), "{reply:?}");
    world.in_step();
    assert_eq!(world.units(), 4);
    assert_eq!(world.status()["parked"], json!([]));
}
