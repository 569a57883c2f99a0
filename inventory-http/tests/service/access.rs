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
        b"POST /inventory/updates HTTP/1.1\r\nHost: t\r\nX-API-Key: no\r\nContent-Type: application/json\r\n\
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
