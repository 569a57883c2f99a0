//! Browsers, and pages of other origins in them.

use crate::client::Reply;
use crate::world::World;

const SHOP: &str = "https://shop.example";

fn preflight(world: &World, origin: &str, path: &str) -> Reply {
    let headers = [
        ("Origin", origin),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type,x-api-key"),
        // A browser sends no key beforehand: the client would send one by itself.
        ("Authorization", ""),
    ];
    world.client().call("OPTIONS", path, &headers, None)
}

fn headers_for_browsers(reply: &Reply) -> Vec<&str> {
    let names = reply.headers.iter().map(|(name, _)| name.as_str());
    names
        .filter(|name| name.starts_with("access-control-"))
        .collect()
}

#[test]
fn a_page_of_a_named_origin_may_call_and_no_other() {
    let origins = "https://shop.example,http://localhost:3000";
    let world = World::with(&[("CORS_ORIGINS", origins), ("RATE_TOKENS", "50")]);
    for origin in [SHOP, "http://localhost:3000"] {
        for path in ["/inventory/updates", "/whatever"] {
            let asked = preflight(&world, origin, path);
            assert_eq!(asked.status, 204, "{asked:?}");
            assert_eq!(asked.header("access-control-allow-origin"), Some(origin));
            assert_eq!(asked.header("access-control-allow-credentials"), None);
            let allowed = asked.header("access-control-allow-headers").unwrap();
            for header in [
                "x-api-key",
                "content-type",
                "idempotency-key",
                "if-match",
                "traceparent",
                "tracestate",
            ] {
                assert!(allowed.split(", ").any(|name| name == header), "{allowed}");
            }
        }
    }
    world.adjust("tea", "north", 2, "k1");
    let read = world
        .client()
        .call("GET", "/inventory/tea", &[("Origin", SHOP)], None);
    assert_eq!(read.status, 200);
    assert_eq!(read.header("access-control-allow-origin"), Some(SHOP));
    assert_eq!(read.header("vary"), Some("origin"));
    let exposed = read.header("access-control-expose-headers").unwrap();
    for header in [
        "etag",
        "idempotent-replayed",
        "ratelimit-remaining",
        "retry-after",
        "traceresponse",
    ] {
        assert!(exposed.split(", ").any(|name| name == header), "{exposed}");
    }
    let unknown = [("Origin", SHOP), ("X-API-Key", "nobody")];
    let refused = world.client().call("GET", "/inventory/tea", &unknown, None);
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("access-control-allow-origin"), Some(SHOP));

    for stranger in ["https://evil.example", "null", "https://shop.example.evil"] {
        let asked = preflight(&world, stranger, "/inventory/updates");
        assert_eq!(asked.status, 401);
        assert!(headers_for_browsers(&asked).is_empty(), "{asked:?}");
        let read = world
            .client()
            .call("GET", "/inventory/tea", &[("Origin", stranger)], None);
        assert!(headers_for_browsers(&read).is_empty(), "{read:?}");
        assert_eq!(read.header("vary"), Some("origin"));
    }
}

#[test]
fn without_origins_nothing_is_said_to_browsers() {
    let world = World::with(&[("API_KEYS", "secret")]);
    let asked = preflight(&world, SHOP, "/inventory/updates");
    assert_eq!(asked.status, 401);
    let read = world.client().call(
        "GET",
        "/inventory",
        &[("Origin", SHOP), ("X-API-Key", "secret")],
        None,
    );
    assert_eq!(read.status, 200);
    for reply in [asked, read] {
        assert!(headers_for_browsers(&reply).is_empty(), "{reply:?}");
        assert_eq!(reply.header("vary"), None);
    }
}
