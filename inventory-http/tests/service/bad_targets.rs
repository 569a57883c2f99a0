//! Paths and queries that mean harm, and ids that look like them.

use serde_json::json;

use crate::world::World;

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn an_id_is_data_whatever_it_looks_like() {
    let world = World::new();
    let long = "x".repeat(128);
    let ids = [
        "global",
        "updates",
        "sync",
        "batch",
        "a/b",
        "/",
        "//",
        "...",
        "../../etc/passwd",
        "a b",
        "a+b",
        "%",
        "%2F",
        "%00",
        "?",
        "#",
        "a?b=c",
        "ä",
        "茶",
        "\"quoted\"",
        "{productId}",
        "<b>",
        "\\",
        "'; --",
        "null",
        "0",
        &long,
    ];
    for (number, id) in ids.iter().enumerate() {
        let body = json!({
            "storeId": id, "productId": id, "delta": number + 1, "version": 0, "idempotencyKey": format!("k{number}"),
        });
        assert_eq!(
            world.post("/inventory/updates", &body.to_string()).status,
            200,
            "{id}"
        );
    }
    for (number, id) in ids.iter().enumerate() {
        let product = world.get(&format!("/inventory/{}", encoded(id)));
        assert_eq!(
            (product.status, &product.json()["productId"]),
            (200, &json!(id)),
            "{id}"
        );
        let global = world
            .get(&format!("/inventory/global/{}", encoded(id)))
            .json();
        assert_eq!(global["perStore"][id], number + 1, "{id}");
        let listed = world
            .get(&format!("/inventory?prefix={0}&storeId={0}", encoded(id)))
            .json();
        assert_eq!(listed["items"][0]["productId"], *id, "{id}");
    }
    // Where the literal takes no GET, the product of its name is read, also once a proxy has decoded the path.
    for (path, status) in [
        ("/inventory/global", 200),
        ("/inventory/updates", 200),
        ("/inventory/batch", 200),
        ("/inventory/sync", 200),
        ("/inventory/%75pdates", 200),
        ("/inventory/global/updates", 200),
        ("/inventory/...", 200),
    ] {
        assert_eq!(world.get(path).status, status, "{path}");
    }
    assert_eq!(world.head(), ids.len() as u64);
}

#[test]
fn a_path_that_leads_nowhere_says_so_and_one_that_is_no_text_is_malformed() {
    let world = World::new();
    let long = format!("/inventory/{}", "x".repeat(129));
    let too_long = format!("/inventory/{}", "x".repeat(5_000));
    for (path, status, field) in [
        ("/", 404, ""),
        ("//", 404, ""),
        ("/inventory/", 404, ""),
        ("/inventory//", 404, ""),
        ("/inventory/a/b", 404, ""),
        ("/inventory/tea/", 404, ""),
        ("/Inventory", 404, ""),
        ("/inventory/../livez", 404, ""),
        ("/livez/", 404, ""),
        ("/livez%00", 404, ""),
        ("/%6Civez", 404, ""),
        ("/inventory/%", 400, "productId"),
        ("/inventory/%4", 400, "productId"),
        ("/inventory/%zz", 400, "productId"),
        ("/inventory/%ff", 400, "productId"),
        ("/inventory/%c0%af", 400, "productId"),
        ("/inventory/%00", 400, "productId"),
        ("/inventory/.", 400, "productId"),
        ("/inventory/..", 400, "productId"),
        ("/inventory/%2e%2e", 400, "productId"),
        ("/inventory/tea%20", 400, "productId"),
        ("/inventory/%EF%BB%BFtea", 400, "productId"),
        ("/inventory/cafe%CC%81", 400, "productId"),
        ("/transfers/%20", 400, "transferId"),
        ("/alerts/north%C2%A0/tea", 400, "storeId"),
        ("/inventory/%0A", 400, "productId"),
        ("/inventory/%ED%A0%80", 400, "productId"),
        ("/reservations/", 404, ""),
        ("/reservations/%00", 400, "reservationId"),
        ("/reservations/%zz", 400, "reservationId"),
        (&long, 400, "productId"),
        (&too_long, 414, ""),
    ] {
        let reply = world.get(path);
        let (found, _, named) = reply.error();
        let named = if status == 404 { "" } else { named.as_str() };
        assert_eq!((found, named), (status, field), "{path}");
    }
}

#[test]
fn a_query_is_what_is_published() {
    let world = World::new();
    let long = format!("cursor={}", "A".repeat(300));
    for (path, query, field) in [
        ("/inventory", "limit=0", "limit"),
        ("/inventory", "limit=1001", "limit"),
        ("/inventory", "limit=-1", "limit"),
        ("/inventory", "limit=1.0", "limit"),
        ("/inventory", "limit=1e1", "limit"),
        ("/inventory", "limit=%31%30%30%30%30", "limit"),
        ("/inventory", "limit=99999999999999999999999", "limit"),
        ("/inventory", "limit=", "limit"),
        ("/inventory", "limit", "limit"),
        ("/inventory", "limit=5&limit=5", "limit"),
        ("/inventory", "limit=+5", "limit"),
        ("/inventory", "LIMIT=5", "LIMIT"),
        ("/inventory", "limit[]=5", "limit[]"),
        ("/inventory", "page=5", "page"),
        ("/inventory", "=5", ""),
        ("/inventory", "%ff=5", ""),
        ("/inventory", "cursor=%ff", "cursor"),
        ("/inventory", "cursor=AA", "cursor"),
        ("/inventory", "cursor=AQ", "cursor"),
        ("/inventory", "cursor=AQA", "cursor"),
        ("/inventory", "cursor=%00", "cursor"),
        ("/inventory", &long, "cursor"),
        ("/inventory", "storeId=", "storeId"),
        ("/inventory", "storeId=%00", "storeId"),
        ("/inventory", "prefix=%0a", "prefix"),
        ("/inventory", "below=0", "below"),
        ("/inventory", "below=9007199254740992", "below"),
        ("/inventory/tea", "x=1", "x"),
        ("/inventory", "asOf=", "asOf"),
        ("/inventory", "asOf=-1", "asOf"),
        ("/inventory", "asOf=1", "asOf"),
        ("/inventory/tea", "asOf=now", "asOf"),
        ("/inventory/tea", "asOf=9007199254740992", "asOf"),
        ("/inventory/tea", "asOf=2017-02-29T00:00:00Z", "asOf"),
        ("/inventory/tea", "asOf=2017-01-01T00:00:00", "asOf"),
        ("/inventory", "storeId=north%20", "storeId"),
        ("/inventory/global/tea", "asOf=1.0", "asOf"),
        ("/inventory/global/tea", "asOf=0&asOf=0", "asOf"),
        ("/history", "", "productId"),
        ("/history", "productId=", "productId"),
        ("/history", "productId=%00", "productId"),
        ("/history", "productId=tea&storeId=%0A", "storeId"),
        ("/history", "reference=", "reference"),
        ("/history", "reference=a%0Ab", "reference"),
        ("/history", "productId=tea&limit=0", "limit"),
        ("/history", "productId=tea&limit=1001", "limit"),
        ("/history", "productId=tea&cursor=AXRlYQ", "cursor"),
        ("/history", "productId=tea&cursor=AgAA", "cursor"),
        ("/history", "productId=tea&asOf=0", "asOf"),
        ("/reservations", "state=", "state"),
        ("/reservations", "state=Open", "state"),
        ("/reservations", "state=held", "state"),
        ("/reservations", "productId=%00", "productId"),
        ("/reservations", "storeId=", "storeId"),
        ("/reservations", "cursor=AQA", "cursor"),
        ("/reservations", "cursor=AwAAAAAAAAAA", "cursor"),
        ("/reservations", "limit=1001", "limit"),
        ("/reservations", "prefix=t", "prefix"),
        ("/reservations/r1", "state=open", "state"),
        ("/replication/changes", "fromOffset=-1", "fromOffset"),
        (
            "/replication/changes",
            "fromOffset=18446744073709551616",
            "fromOffset",
        ),
        ("/replication/changes", "limit=10001", "limit"),
        ("/replication/changes", "limit=0", "limit"),
        (
            "/replication/changes",
            "longPollSeconds=61",
            "longPollSeconds",
        ),
        (
            "/replication/changes",
            "longPollSeconds=0.5",
            "longPollSeconds",
        ),
        ("/replication/changes", "epoch=x", "epoch"),
        ("/replication/changes", "chain=FFFFFFFFFFFFFFFF", "chain"),
        ("/replication/stream", "fromOffset=x", "fromOffset"),
        ("/replication/snapshot", "x", "x"),
        ("/livez", "x=1", "x"),
    ] {
        let reply = world.get(&format!("{path}?{query}"));
        assert_eq!(
            reply.error(),
            (400, "bad_request".to_owned(), field.to_owned()),
            "{path}?{query}"
        );
    }
    for query in [
        "",
        "&",
        "limit=5&",
        "cursor=",
        "limit=0005",
        "prefix=tea%20",
        "asOf=2017-01-01T00:00:00.123456%2B01:00",
        "asOf=2017-01-01T00:00:00+01:00",
        "asOf=2017-01-01%2000:00:00Z",
    ] {
        assert_eq!(
            world.get(&format!("/inventory?{query}")).status,
            200,
            "{query}"
        );
    }
}

#[test]
fn all_that_is_wrong_with_a_head_is_told() {
    let world = World::new();
    let headers = [("If-Match", "x"), ("If-None-Match", "\"1\", y")];
    let path = "/inventory/tea?asOf=now&page=2&asOf=0";
    let reply = world.client().call("GET", path, &headers, None);
    assert_eq!(reply.status, 400);
    assert_eq!(
        reply.faults(),
        [
            "asOf must be an offset, or a time of RFC 3339 from 1970 on, like 2017-01-01T11:53:26Z",
            "page is not a parameter of this call",
            "If-Match must be * or a list of entity tags",
            "If-None-Match must be * or a list of entity tags",
        ]
    );
    let many = format!("/inventory?{}", "x&".repeat(300));
    assert_eq!(world.get(&many).faults().len(), 100);
}
