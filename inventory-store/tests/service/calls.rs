//! What every service of ours has, and who may call.

use inventory_store::api::routes;

use crate::world::{World, call};

#[test]
fn a_store_with_keys_wants_one_and_a_store_without_does_not() {
    let world = World::with(&[("STORE_API_KEYS", "till=store:north,screen=reader")]);
    let sale =
        r#"{"storeId":"north","productId":"tea","delta":1,"version":null,"idempotencyKey":"k"}"#;
    for (head, get, post) in [
        ("", 401, 401),
        ("X-API-Key: wrong\r\n", 401, 401),
        ("X-API-Key: screen\r\n", 404, 403),
        ("X-API-Key: till\r\n", 404, 200),
    ] {
        let address = world.store_address();
        let read = call(address, "GET", "/store/inventory/tea2", head, "");
        assert_eq!(read.status, get, "{head}");
        let written = call(address, "POST", "/store/inventory/updates", head, sale);
        assert_eq!(written.status, post, "{head}");
    }
    let world = World::new();
    let open = call(world.store_address(), "GET", "/store/status", "", "");
    assert_eq!(open.status, 200);
}

/// A browser on this machine shows pages of anybody, and sends what they ask for.
#[test]
fn a_page_of_somebody_else_reaches_no_store_that_needs_no_key() {
    let world = World::new();
    let page = "Origin: https://evil.example\r\n";
    for (method, path) in [
        ("GET", "/store/status"),
        ("GET", "/store/inventory"),
        ("POST", "/store/parked/k/discard"),
    ] {
        let refused = call(world.store_address(), method, path, page, "");
        assert_eq!(refused.status, 403, "{method} {path}");
        assert!(refused.body.contains("origin"), "{}", refused.body);
    }
    let own = "Origin: http://localhost:3000\r\n";
    let status = call(world.store_address(), "GET", "/store/status", own, "").status;
    assert_eq!(status, 200);
    let locked = World::with(&[("STORE_API_KEYS", "till=store:north,secret=reader")]);
    let head = format!("X-API-Key: secret\r\n{page}");
    let status = call(locked.store_address(), "GET", "/store/status", &head, "").status;
    assert_eq!(status, 200);
}

/// Whoever holds a key of another store would borrow this one's name at central.
#[test]
fn a_caller_of_another_store_changes_nothing_by_any_call_of_this_one() {
    let world = World::with(&[("STORE_API_KEYS", "till=store:north,other=store:south")]);
    world.count(5);
    world.in_step();
    let address = world.store_address();
    let post = |key: &str, path: &str, body: &str| {
        let head = format!("X-API-Key: {key}\r\n");
        call(address, "POST", path, &head, body).status
    };
    let hold = r#"{"reservationId":"r1","ttlSeconds":60,"idempotencyKey":"h","lines":[{"storeId":"north","productId":"tea","quantity":3}]}"#;
    assert_eq!(post("till", "/store/reservations", hold), 201);
    let writes = routes().into_iter().filter(|route| route.method == "POST");
    let bodies = [
        r#"{"idempotencyKey":"k"}"#,
        r#"{"idempotencyKey":"k","ttlSeconds":60}"#,
        r#"{"idempotencyKey":"k","outcome":"returned"}"#,
        r#"{"idempotencyKey":"k","storeId":"south","productId":"tea","counted":0,"version":null}"#,
        r#"{"idempotencyKey":"k","storeId":"south","productId":"tea","delta":1,"version":null}"#,
        hold,
        r#"{"idempotencyKey":"k","transferId":"t","fromStoreId":"south","toStoreId":"north","lines":[{"productId":"tea","quantity":1}]}"#,
    ];
    for route in writes {
        let path = route
            .path
            .replace("{reservationId}", "r1")
            .replace("{transferId}", "t1")
            .replace("{idempotencyKey}", "k");
        let answers = bodies.map(|body| post("other", &path, body));
        assert!(answers.contains(&403), "{path}: {answers:?}");
        let refused = answers.iter().all(|status| [400, 403].contains(status));
        assert!(refused, "{path}: {answers:?}");
    }
    let tea = world.at_central("GET", "/reservations/r1", "").json();
    assert_eq!(tea["state"], "open", "{tea}");
}

/// The store's own key at central may write for every store; a till of the store may not.
#[test]
fn a_till_changes_nothing_of_another_store_whatever_the_key_of_its_store_may_do() {
    let world = World::with(&[("STORE_API_KEYS", "till=store:north,boss=admin")]);
    let at_central = |path: &str, body: &str, status: u16| {
        let reply = world.at_central("POST", path, body);
        assert_eq!(reply.status, status, "{path}: {}", reply.body);
    };
    let count =
        r#"{"storeId":"south","productId":"tea","counted":9,"version":null,"idempotencyKey":"c"}"#;
    let hold = r#"{"reservationId":"far","ttlSeconds":600,"idempotencyKey":"h","lines":[{"storeId":"south","productId":"tea","quantity":1}]}"#;
    let ship = r#"{"transferId":"van","fromStoreId":"south","toStoreId":"east","lines":[{"productId":"tea","quantity":1}],"idempotencyKey":"s"}"#;
    at_central("/inventory/counts", count, 200);
    at_central("/reservations", hold, 201);
    at_central("/transfers", ship, 201);
    world.in_step();
    let last = world.last_change();
    let ends = [
        (
            "/store/reservations/far/commit",
            r#"{"idempotencyKey":"NAME"}"#,
        ),
        (
            "/store/reservations/far/release",
            r#"{"idempotencyKey":"NAME"}"#,
        ),
        (
            "/store/reservations/far/extend",
            r#"{"idempotencyKey":"NAME","ttlSeconds":60}"#,
        ),
        (
            "/store/transfers/van/receive",
            r#"{"idempotencyKey":"NAME"}"#,
        ),
        (
            "/store/transfers/van/close",
            r#"{"idempotencyKey":"NAME","outcome":"lost"}"#,
        ),
    ];
    let post = |key: &str, path: &str, body: &str| {
        let head = format!("X-API-Key: {key}\r\n");
        call(world.store_address(), "POST", path, &head, body)
    };
    for (at, (path, body)) in ends.into_iter().enumerate() {
        let reply = post("till", path, &body.replace("NAME", &format!("till-{at}")));
        assert_eq!(reply.status, 403, "{path}: {}", reply.body);
    }
    assert_eq!(world.last_change(), last);
    // Who may write for all stores may do so at this one too.
    let released = post("boss", ends[1].0, ends[1].1);
    assert_eq!(released.status, 200, "{}", released.body);
}

#[test]
fn bad_calls_get_the_errors_that_central_gives() {
    let world = World::new();
    let update = "/store/inventory/updates";
    let of_another =
        r#"{"storeId":"south","productId":"tea","delta":1,"version":null,"idempotencyKey":"k"}"#;
    for (method, path, body, status) in [
        ("POST", update, "{}", 400),
        ("POST", update, "[]", 400),
        ("POST", update, of_another, 403),
        ("PUT", update, "", 405),
        ("GET", "/store/inventory?limit=0", "", 400),
        ("GET", "/store/inventory?page=1", "", 400),
        ("GET", "/nowhere", "", 404),
        ("POST", "/store/parked/k/retry", r#"{"version":null}"#, 404),
        ("POST", "/store/parked/k/retry", "{}", 400),
        ("HEAD", "/livez", "", 200),
    ] {
        let reply = world.at_store(method, path, body);
        assert_eq!(reply.status, status, "{method} {path} {body}: {reply:?}");
    }
}

#[test]
fn a_trace_goes_on_at_central() {
    let world = World::new();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let head = format!("traceparent: 00-{trace}-00f067aa0ba902b7-01\r\n");
    let sale =
        r#"{"storeId":"north","productId":"tea","delta":1,"version":null,"idempotencyKey":"k"}"#;
    let address = world.store_address();
    let reply = call(address, "POST", "/store/inventory/updates", &head, sale);
    assert_eq!(reply.status, 200, "{reply:?}");
    let changes = world.at_central("GET", "/replication/changes", "").json();
    let told = changes["events"][0]["traceparent"].as_str().unwrap();
    assert!(told.contains(trace), "{told}");
}

#[test]
fn a_store_describes_itself_and_is_watched() {
    let world = World::new();
    let document = world.at_store("GET", "/openapi.json", "").json();
    for route in routes() {
        let method = route.method.as_str().to_ascii_lowercase();
        let operation = &document["paths"][route.path][method];
        assert!(operation["operationId"].is_string(), "{route:?}");
    }
    let metrics = world.at_store("GET", "/metrics", "").body;
    for line in [
        "inventory_central_connected 1",
        "inventory_outbox_queued 0",
        "inventory_replica_lag_events 0",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
    let live = world.at_store("GET", "/livez", "");
    assert_eq!((live.status, live.body.as_str()), (200, r#"{"live":true}"#));
}
