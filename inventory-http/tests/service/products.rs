//! Reading products and listings.

use serde_json::json;

use crate::world::{World, assert_fields};

#[test]
fn a_product_is_read_with_its_version_as_entity_tag() {
    let world = World::new();
    world.adjust("tea", "north", 10, "k1");
    world.adjust("tea", "south", 5, "k2");
    let reply = world.get("/inventory/tea");
    assert_fields(
        &reply,
        &json!({ "productId": "tea", "available": 15, "version": 2 }),
    );
    assert_eq!(reply.header("etag"), Some(&*tag(&world, 2)));
    assert_eq!(reply.header("cache-control"), Some("private, no-cache"));
    let per_store = json!({ "north": 10, "south": 5 });
    let reply = world.get("/inventory/global/tea");
    assert_fields(
        &reply,
        &json!({ "productId": "tea", "totalAvailable": 15, "perStore": per_store }),
    );
    for path in ["/inventory/rice", "/inventory/global/rice"] {
        assert_eq!(world.get(path).error().0, 404);
    }
}

/// The entity tag of a version in this history.
fn tag(world: &World, version: u64) -> String {
    let snapshot = world.get("/replication/snapshot").json();
    let epoch = &snapshot["epoch"].as_str().unwrap()[..8];
    format!("\"{epoch}-{version}\"")
}

#[test]
fn conditions_name_versions_of_this_history() {
    let world = World::new();
    world.adjust("tea", "north", 10, "k1");
    let (now, later) = (tag(&world, 1), tag(&world, 2));
    let restored = now.replace(&now[1..9], "11111111");
    for (header, value, status) in [
        ("If-None-Match", now.clone(), 304),
        ("If-None-Match", format!("W/{now}"), 304),
        ("If-None-Match", format!("\"0\", {now}"), 304),
        ("If-None-Match", "*".to_owned(), 304),
        ("If-None-Match", later.clone(), 200),
        ("If-None-Match", restored.clone(), 200),
        ("If-None-Match", "\"1\"".to_owned(), 200),
        ("If-None-Match", "1".to_owned(), 400),
        ("If-Match", now.clone(), 200),
        ("If-Match", format!("W/{now}"), 412),
        ("If-Match", "*".to_owned(), 200),
        ("If-Match", later.clone(), 412),
        ("If-Match", restored, 412),
        ("If-Match", "two".to_owned(), 400),
    ] {
        let headers = [(header, value.as_str())];
        let reply = world.client().call("GET", "/inventory/tea", &headers, None);
        assert_eq!(reply.status, status, "{header}: {value}");
        if status == 304 {
            assert_eq!(reply.header("etag"), Some(&*now));
            assert_eq!(reply.header("cache-control"), Some("private, no-cache"));
        }
    }
    // What has to be there is looked at before what may be kept.
    let both = [("If-Match", &*later), ("If-None-Match", &*now)];
    let reply = world.client().call("GET", "/inventory/tea", &both, None);
    assert_eq!(reply.status, 412);
}

fn ids(world: &World, query: &str) -> (Vec<String>, String) {
    let answer = world.get(&format!("/inventory?{query}")).json();
    let items = answer["items"].as_array().unwrap().iter();
    let ids = items.map(|item| item["productId"].as_str().unwrap().to_owned());
    (
        ids.collect(),
        answer["nextCursor"].as_str().unwrap().to_owned(),
    )
}

#[test]
fn a_listing_is_walked_in_order_and_every_product_is_seen_once() {
    let world = World::new();
    for number in 0..25 {
        world.adjust(
            &format!("p{number:02}"),
            "north",
            number + 1,
            &format!("k{number}"),
        );
    }
    for limit in [1, 7, 24, 25, 26, 1_000] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let (page, next) = ids(&world, &format!("limit={limit}&cursor={cursor}"));
            assert!(page.len() <= limit);
            seen.extend(page);
            cursor = next;
            if cursor.is_empty() {
                break;
            }
        }
        let expected: Vec<_> = (0..25).map(|number| format!("p{number:02}")).collect();
        assert_eq!(seen, expected, "limit {limit}");
    }
    assert_eq!(ids(&world, "").0.len(), 25);
}

#[test]
fn a_listing_is_filtered_by_store_prefix_and_stock() {
    let world = World::new();
    for (product, store, units) in [
        ("tea-1", "north", 5),
        ("tea-1", "south", 50),
        ("tea-2", "south", 1),
        ("rice", "north", 2),
        ("té", "north", 9),
    ] {
        world.adjust(
            product,
            store,
            units,
            &format!("{store}-{product}").replace('é', "e"),
        );
    }
    for (query, expected) in [
        ("", &["rice", "tea-1", "tea-2", "té"][..]),
        ("prefix=tea", &["tea-1", "tea-2"]),
        ("prefix=t%C3%A9", &["té"]),
        ("prefix=zzz", &[]),
        ("below=3", &["rice", "tea-2"]),
        ("below=1", &[]),
        ("storeId=south", &["tea-1", "tea-2"]),
        ("storeId=south&below=10", &["tea-2"]),
        ("storeId=north&below=6", &["rice", "tea-1"]),
        ("storeId=east", &[]),
        (
            "storeId=north&prefix=tea&below=9007199254740991",
            &["tea-1"],
        ),
    ] {
        assert_eq!(
            ids(&world, query),
            (
                expected.iter().map(|id| (*id).to_owned()).collect(),
                String::new()
            ),
            "{query}"
        );
    }
    let south = world.get("/inventory?storeId=south&prefix=tea-1").json();
    assert_eq!(south["items"][0]["available"], 50);
}

#[test]
fn a_page_of_a_filter_that_matches_little_is_short_and_goes_on() {
    let world = World::new();
    for batch in 0..5 {
        let rows: Vec<_> = (0..9_000)
            .map(|row| json!({ "id": format!("p{:06}", batch * 9_000 + row), "qty": 5 }))
            .collect();
        let body = json!({ "storeId": "north", "mode": "overwrite", "products": rows });
        assert_eq!(world.post("/inventory/sync", &body.to_string()).status, 200);
    }
    world.adjust("p044999", "north", -5, "k1");
    let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let (page, next) = ids(&world, &format!("below=1&cursor={cursor}"));
        seen.extend(page);
        (cursor, pages) = (next, pages + 1);
        if cursor.is_empty() {
            break;
        }
    }
    assert_eq!(seen, ["p044999"]);
    assert!(pages > 1);
}
