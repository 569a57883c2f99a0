//! Keys, roles and quotas.

use crate::world::World;

const KEYS: &str = "all,read=reader,root=admin,shop=store:north+south";

fn world() -> World {
    World::with(&[("API_KEYS", KEYS)])
}

fn update(store: &str, key: &str) -> String {
    format!(
        r#"{{"storeId":"{store}","productId":"tea","delta":1,"version":null,"idempotencyKey":"{key}"}}"#
    )
}

#[test]
fn a_role_says_what_a_key_may_do() {
    let world = world();
    let sync = r#"{"storeId":"east","mode":"overwrite","products":[{"id":"tea","qty":1}]}"#;
    let batch = format!(
        r#"{{"updates":[{},{}]}}"#,
        update("north", "b1"),
        update("east", "b2")
    );
    for (key, method, path, body, status) in [
        ("read", "GET", "/inventory", None, 200),
        ("read", "GET", "/replication/changes", None, 200),
        ("read", "GET", "/metrics", None, 200),
        ("read", "GET", "/admin/dead-letters", None, 403),
        (
            "read",
            "POST",
            "/inventory/updates",
            Some(update("north", "k")),
            403,
        ),
        ("shop", "GET", "/inventory", None, 200),
        (
            "shop",
            "POST",
            "/inventory/updates",
            Some(update("north", "k1")),
            200,
        ),
        (
            "shop",
            "POST",
            "/inventory/updates",
            Some(update("south", "k2")),
            200,
        ),
        (
            "shop",
            "POST",
            "/inventory/updates",
            Some(update("east", "k3")),
            403,
        ),
        ("shop", "POST", "/inventory/batch", Some(batch), 403),
        (
            "shop",
            "POST",
            "/inventory/sync",
            Some(sync.to_owned()),
            403,
        ),
        ("shop", "GET", "/admin/dead-letters", None, 403),
        ("root", "GET", "/admin/dead-letters", None, 200),
        (
            "root",
            "POST",
            "/inventory/updates",
            Some(update("east", "k4")),
            200,
        ),
        ("all", "GET", "/admin/dead-letters", None, 200),
        (
            "all",
            "POST",
            "/inventory/updates",
            Some(update("east", "k5")),
            200,
        ),
    ] {
        let reply = world
            .client()
            .call(method, path, &[("X-API-Key", key)], body.as_deref());
        assert_eq!(reply.status, status, "{key} {method} {path}: {reply:?}");
    }
    let reply = world.client().call(
        "GET",
        "/replication/snapshot",
        &[("X-API-Key", "all")],
        None,
    );
    assert_eq!(reply.json()["lastOffset"], 4);
}

#[test]
fn who_has_no_key_learns_nothing() {
    let world = world();
    for headers in [
        &[("X-API-Key", "wrong")][..],
        &[("X-API-Key", "")],
        &[("X-API-Key", "all"), ("X-API-Key", "all")],
        &[("X-API-Key", "all"), ("Authorization", "Bearer all")],
        &[("Authorization", "Basic all")],
        &[("Authorization", "Bearer")],
        &[("Authorization", "")],
        &[("X-API-Key", "all ")],
    ] {
        for path in ["/inventory", "/nowhere", "/inventory/updates"] {
            let reply = world.client().call("GET", path, headers, None);
            // White space around a value is no part of it.
            let known = headers == [("X-API-Key", "all ")];
            match known {
                true => assert_ne!(reply.status, 401),
                false => assert_eq!(reply.error().0, 401, "{path} with {headers:?}"),
            }
        }
    }
    let reply = world
        .client()
        .call("GET", "/nowhere", &[("Authorization", "bearer all")], None);
    assert_eq!(reply.error().0, 404);
    for path in ["/livez", "/readyz", "/openapi.json"] {
        let reply = world
            .client()
            .call("GET", path, &[("X-API-Key", "wrong")], None);
        assert_eq!(reply.status, 200, "{path}");
    }
}

#[test]
fn a_key_is_checked_before_the_body_is_read() {
    let world = world();
    let mut client = world.client();
    client.send(
        b"POST /inventory/updates HTTP/1.1\r\nHost: localhost\r\nX-API-Key: no\r\nContent-Type: application/json\r\n\
          Content-Length: 1000\r\n\r\n",
    );
    assert_eq!(client.reply().unwrap().status, 401);
}

#[test]
fn a_key_that_has_used_up_its_requests_is_told_when_to_come_again() {
    let world = World::with(&[
        ("API_KEYS", KEYS),
        ("RATE_TOKENS", "3"),
        ("RATE_PERIOD", "1h"),
    ]);
    let get = |key, path| {
        world
            .client()
            .call("GET", path, &[("X-API-Key", key)], None)
    };
    for remaining in ["2", "1", "0"] {
        let reply = get("all", "/inventory");
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("ratelimit-limit"), Some("3"));
        assert_eq!(reply.header("ratelimit-remaining"), Some(remaining));
    }
    let refused = get("all", "/inventory");
    assert_eq!(refused.error().1, "rate_limited");
    assert_eq!(refused.header("retry-after"), Some("1200"));
    assert_eq!(refused.header("ratelimit-remaining"), Some("0"));
    // Others have buckets of their own; following and looking after the service cost nothing.
    assert_eq!(get("read", "/inventory").status, 200);
    for path in [
        "/replication/changes",
        "/replication/snapshot",
        "/metrics",
        "/readyz",
        "/admin/dead-letters",
    ] {
        let reply = get("all", path);
        assert_eq!(
            (reply.status, reply.header("ratelimit-limit")),
            (200, None),
            "{path}"
        );
    }
}

#[test]
fn what_was_answered_before_costs_nothing_and_neither_does_a_refusal_by_quota() {
    let world = World::with(&[
        ("API_KEYS", KEYS),
        ("RATE_TOKENS", "2"),
        ("RATE_PERIOD", "1h"),
    ]);
    let body =
        r#"{"storeId":"north","productId":"tea","delta":1,"version":null,"idempotencyKey":"k1"}"#;
    let post = || {
        let headers = [("X-API-Key", "all")];
        let mut client = world.client();
        client.call("POST", "/inventory/updates", &headers, Some(body))
    };
    assert_eq!(post().header("ratelimit-remaining"), Some("1"));
    for _ in 0..10 {
        let replayed = post();
        assert_eq!(replayed.status, 200);
        assert_eq!(replayed.header("idempotent-replayed"), Some("true"));
        assert_eq!(replayed.header("ratelimit-remaining"), Some("1"));
    }
    let get = || {
        let headers = [("X-API-Key", "all")];
        world.client().call("GET", "/inventory", &headers, None)
    };
    assert_eq!(get().status, 200);
    for _ in 0..3 {
        let refused = get();
        assert_eq!(
            (refused.status, refused.header("retry-after")),
            (429, Some("1800"))
        );
    }
}

#[test]
fn a_key_of_a_store_has_no_limit_unless_one_is_chosen_and_the_counter_names_who_was_refused() {
    let keys = ("API_KEYS", "demo,till=north@store:north");
    let few = [("RATE_TOKENS", "1"), ("RATE_PERIOD", "1h"), keys];
    let get = |world: &World| {
        let headers = [("X-API-Key", "till")];
        world.client().call("GET", "/inventory", &headers, None)
    };
    let world = World::with(&few);
    for _ in 0..20 {
        assert_eq!(get(&world).status, 200);
    }
    let world = World::with(&[&few[..], &[("STORE_RATE_TOKENS", "3")]].concat());
    let metrics = || String::from_utf8(world.get("/metrics").body).unwrap();
    // Before the first refusal: who compares two looks would miss it.
    let counted = |times: u32| format!(r#"inventory_rate_limited_total{{key="north"}} {times}"#);
    assert!(metrics().contains(&counted(0)), "{}", metrics());
    for _ in 0..3 {
        assert_eq!(get(&world).header("ratelimit-limit"), Some("3"));
    }
    assert_eq!(get(&world).status, 429);
    assert!(metrics().contains(&counted(1)), "{}", metrics());
}

/// A reservation over two stores is ended as a whole, which gives units back at both.
#[test]
fn a_count_of_one_store_ends_no_reservation_of_another() {
    let world = World::with(&[("API_KEYS", "demo,n=store:north,both=store:north+south")]);
    for store in ["north", "south"] {
        world.adjust("tea", store, 10, store);
    }
    let hold = |id: &str, lines: serde_json::Value| {
        let body = serde_json::json!({
            "reservationId": id, "ttlSeconds": 600, "idempotencyKey": id, "lines": lines,
        });
        let reply = world.post("/reservations", &body.to_string());
        assert_eq!(reply.status, 201, "{reply:?}");
    };
    let line = |store: &str, units: u64| serde_json::json!({ "storeId": store, "productId": "tea", "quantity": units });
    hold("own", serde_json::json!([line("north", 1)]));
    hold(
        "over-two",
        serde_json::json!([line("north", 4), line("south", 8)]),
    );
    let available = |store: &str| {
        let global = world.get("/inventory/global/tea").json();
        global["perStore"][store].as_u64().unwrap()
    };
    assert_eq!((available("north"), available("south")), (5, 2));
    let count = |api_key: &str, counted: u64, key: &str| {
        let body = serde_json::json!({
            "storeId": "north", "productId": "tea", "counted": counted, "version": null, "releaseHolds": true,
            "idempotencyKey": key,
        });
        let headers = [("X-API-Key", api_key)];
        let mut client = world.client();
        client.call(
            "POST",
            "/inventory/counts",
            &headers,
            Some(&body.to_string()),
        )
    };
    let head = world.head();
    let refused = count("n", 0, "c1");
    assert_eq!(
        refused.error(),
        (403, "forbidden".to_owned(), "releaseHolds".to_owned())
    );
    assert_eq!((world.head(), available("south")), (head, 2));
    // Nothing has to be released for this one.
    assert_eq!(count("n", 5, "c2").status, 200);
    assert_eq!(available("south"), 2);
    assert_eq!(count("both", 0, "c3").status, 200);
    assert_eq!((available("north"), available("south")), (0, 10));
    // Nobody else's is left.
    assert_eq!(count("n", 3, "c4").status, 200);
    hold("again", serde_json::json!([line("north", 3)]));
    assert_eq!(count("n", 0, "c5").status, 200);
}

#[test]
fn a_key_says_who_it_is() {
    let world = World::with(&[(
        "API_KEYS",
        "demo,till=north@store:north+south,eyes=auditor@reader",
    )]);
    for (key, expected) in [
        (
            "demo",
            serde_json::json!({ "name": "demo", "role": "admin", "stores": [] }),
        ),
        (
            "till",
            serde_json::json!({ "name": "north", "role": "store", "stores": ["north", "south"] }),
        ),
        (
            "eyes",
            serde_json::json!({ "name": "auditor", "role": "reader", "stores": [] }),
        ),
    ] {
        let headers = [("X-API-Key", key)];
        let reply = world.client().call("GET", "/whoami", &headers, None);
        assert_eq!((reply.status, reply.json()), (200, expected));
    }
    let headers = [("X-API-Key", "nobody")];
    let reply = world.client().call("GET", "/whoami", &headers, None);
    assert_eq!(reply.status, 401);
}

#[test]
fn two_nodes_of_one_store_hear_of_each_other_and_nobody_else_is_a_node() {
    let world = World::with(&[(
        "API_KEYS",
        "demo,till=north@store:north,eyes=auditor@reader",
    )]);
    let ask = |key: &str, node: &str| {
        let headers = [("X-API-Key", key)];
        let path = format!("/whoami?storeId=north&node={node}");
        world.client().call("GET", &path, &headers, None)
    };
    let is_doubled = |key: &str, node: u8| {
        let reply = ask(key, &format!("{node:032x}"));
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["isDoubled"] == true
    };
    assert!(!is_doubled("till", 1) && !is_doubled("till", 2));
    assert!(!is_doubled("eyes", 1), "it may not write for the store");
    assert!(!is_doubled("till", 2) && is_doubled("till", 1));
    assert!(is_doubled("till", 2));
    for bad in ["", "1", &"g".repeat(32), &"A".repeat(32)] {
        let refused = ask("till", bad);
        assert_eq!(
            (refused.status, refused.error().2),
            (400, "node".to_owned()),
            "{bad}"
        );
    }
}

#[test]
fn a_page_of_somebody_else_reaches_no_service_that_needs_no_secret() {
    let world = World::with(&[("API_KEYS", "demo,secret=admin")]);
    let ask = |key: &str, host: &str, origin: &str| {
        let mut head = format!("GET /inventory HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {key}\r\n");
        if !origin.is_empty() {
            head.push_str(&format!("Origin: {origin}\r\n"));
        }
        let mut client = world.client();
        assert!(client.send(format!("{head}\r\n").as_bytes()));
        client.reply().unwrap()
    };
    for (host, origin, names) in [
        ("evil.example:8080", "", "host"),
        ("localhost", "https://evil.example", "origin"),
        ("127.0.0.1", "null", "origin"),
    ] {
        let refused = ask("demo", host, origin);
        assert_eq!(
            refused.error(),
            (403, "forbidden".into(), names.into()),
            "{host} {origin}"
        );
        // A secret says who it is, wherever its page came from.
        assert_eq!(ask("secret", host, origin).status, 200, "{host} {origin}");
    }
    assert_eq!(
        ask("demo", "127.0.0.1:8080", "http://localhost:3000").status,
        200
    );
}
