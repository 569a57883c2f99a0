//! GET /reservations.

use serde_json::{Value, json};

use crate::world::World;

fn hold(world: &World, id: &str, levels: &[(&str, &str)]) {
    let lines: Vec<Value> = levels
        .iter()
        .map(|(store, product)| json!({ "storeId": store, "productId": product, "quantity": 1 }))
        .collect();
    let body = json!({
        "reservationId": id, "lines": lines, "ttlSeconds": 60, "idempotencyKey": format!("h-{id}").replace('é', "e"),
    });
    let reply = world.post("/reservations", &body.to_string());
    assert_eq!(reply.status, 201, "{reply:?}");
}

fn ids(world: &World, query: &str) -> (Vec<String>, String) {
    let answer = world.get(&format!("/reservations?{query}")).json();
    let items = answer["items"].as_array().unwrap().iter();
    let ids = items.map(|item| item["reservationId"].as_str().unwrap().to_owned());
    (
        ids.collect(),
        answer["nextCursor"].as_str().unwrap().to_owned(),
    )
}

/// All pages, and how many there were.
fn walk(world: &World, query: &str) -> (Vec<String>, usize) {
    let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let (page, next) = ids(world, &format!("{query}&cursor={cursor}"));
        seen.extend(page);
        (cursor, pages) = (next, pages + 1);
        if cursor.is_empty() {
            return (seen, pages);
        }
    }
}

#[test]
fn a_listing_is_filtered_by_level_and_state() {
    let world = World::new();
    for (store, product) in [("north", "tea"), ("south", "tea"), ("north", "rice")] {
        world.adjust(product, store, 100, &format!("{store}-{product}"));
    }
    hold(&world, "a", &[("north", "tea")]);
    hold(&world, "bé", &[("south", "tea"), ("north", "rice")]);
    hold(&world, "c", &[("north", "tea"), ("south", "tea")]);
    hold(&world, "d", &[("north", "rice")]);
    world.post("/reservations/a/commit", r#"{"idempotencyKey":"c-a"}"#);
    world.post("/reservations/d/release", r#"{"idempotencyKey":"d-d"}"#);
    for (query, expected) in [
        ("", &["a", "bé", "c", "d"][..]),
        ("storeId=south", &["bé", "c"]),
        ("productId=rice", &["bé", "d"]),
        ("storeId=north&productId=tea", &["a", "c"]),
        ("storeId=south&productId=rice", &[]),
        ("state=open", &["bé", "c"]),
        ("state=committed", &["a"]),
        ("state=released&productId=rice", &["d"]),
        ("state=expired", &[]),
        ("storeId=nowhere", &[]),
    ] {
        let expected: Vec<_> = expected.iter().map(|id| (*id).to_owned()).collect();
        assert_eq!(
            ids(&world, query),
            (expected.clone(), String::new()),
            "{query}"
        );
        assert_eq!(
            walk(&world, &format!("{query}&limit=1")).0,
            expected,
            "{query}"
        );
    }
    let one = world.get("/reservations?state=committed").json();
    assert_eq!(one["items"][0], world.get("/reservations/a").json());
    assert_eq!(world.get("/reservations/b%C3%A9").status, 200);
}

#[test]
fn a_listing_is_walked_in_order_while_reservations_come_and_end() {
    let world = World::new();
    world.adjust("tea", "north", 100, "opening");
    let names: Vec<_> = (0..25).map(|number| format!("r{number:02}")).collect();
    for name in &names {
        hold(&world, name, &[("north", "tea")]);
    }
    for limit in [1, 7, 24, 25, 26, 1_000] {
        assert_eq!(
            walk(&world, &format!("limit={limit}")).0,
            names,
            "limit {limit}"
        );
    }
    let (first, cursor) = ids(&world, "limit=3");
    assert_eq!(first, names[..3]);
    world.post("/reservations/r02/release", r#"{"idempotencyKey":"d2"}"#);
    world.post("/reservations/r03/release", r#"{"idempotencyKey":"d3"}"#);
    hold(&world, "last", &[("north", "tea")]);
    let (rest, next) = ids(&world, &format!("cursor={cursor}&state=open"));
    assert_eq!(
        (rest.first().unwrap(), rest.last().unwrap()),
        (&names[4], &"last".to_owned())
    );
    assert_eq!((rest.len(), next), (22, String::new()));
}

#[test]
fn a_page_looks_at_a_bounded_number_of_lines() {
    let world = World::new();
    let rows: Vec<_> = (0..900)
        .map(|row| json!({ "id": format!("p{row}"), "qty": 100 }))
        .collect();
    let body = json!({ "storeId": "north", "mode": "overwrite", "products": rows });
    assert_eq!(world.post("/inventory/sync", &body.to_string()).status, 200);
    world.adjust("tea", "north", 1, "opening");
    let products: Vec<_> = (0..900).map(|row| format!("p{row}")).collect();
    let levels: Vec<_> = products
        .iter()
        .map(|product| ("north", product.as_str()))
        .collect();
    let names: Vec<_> = (0..30).map(|number| format!("r{number:02}")).collect();
    for name in &names {
        hold(&world, name, &levels);
    }
    hold(&world, "tea", &[("north", "tea")]);
    let (found, pages) = walk(&world, "productId=tea&limit=1000");
    assert_eq!((found, pages), (vec!["tea".to_owned()], 2));
    let (found, pages) = walk(&world, "productId=p7&limit=1000");
    assert_eq!((found, pages), (names, 2));
}
