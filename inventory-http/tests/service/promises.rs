//! Headers that a client takes for a promise: each call keeps them, or refuses them.

use hyper::Method;
use inventory_http::central::{document, routes};
use inventory_http::server::Route;

use crate::world::World;

/// The path of a route, with the example of each parameter.
fn path_of<S>(route: &Route<S>) -> String {
    let mut path = route.path.to_owned();
    for param in route.path_params {
        path = path.replace(&format!("{{{}}}", param.name), param.example);
    }
    path
}

#[test]
fn each_change_takes_a_promise_or_refuses_it() {
    let (world, document) = (World::new(), document());
    let mut refused = Vec::new();
    for route in routes().iter().filter(|route| route.method != Method::GET) {
        let takes_key = route
            .headers
            .iter()
            .any(|header| header.param.name == "Idempotency-Key");
        assert_eq!(
            takes_key,
            route.keyless.is_empty(),
            "{route:?} takes a key, or says why not"
        );
        let body = route.body.map(|body| body.example);
        for (name, value) in [
            ("Idempotency-Key", "k"),
            ("On-Behalf-Of", "till"),
            ("Acting-Store", "north"),
            ("If-Match", "\"1\""),
            ("If-None-Match", "*"),
            ("If-Unmodified-Since", "Fri, 27 Nov 2026 10:00:00 GMT"),
        ] {
            let head = world.head();
            let is_taken = route.headers.iter().any(|header| header.param.name == name);
            let reply = world.client().call(
                route.method.as_str(),
                &path_of(route),
                &[(name, value)],
                body,
            );
            let faults = match reply.status {
                400 => reply.faults(),
                _ => Vec::new(),
            };
            let named = faults
                .iter()
                .any(|fault| fault.starts_with(&format!("{name} is no")));
            assert_eq!(named, !is_taken, "{route:?} with {name}: {reply:?}");
            assert!(!named || world.head() == head, "{route:?} was made");
            if name == "Idempotency-Key" && named {
                assert!(faults[0].ends_with(route.keyless), "{faults:?}");
                refused.push(route.id);
                let method = route.method.as_str().to_ascii_lowercase();
                let described = &document["paths"][route.path][&method]["description"];
                assert!(described.as_str().unwrap().contains(route.keyless));
            }
        }
    }
    assert_eq!(refused, ["updateMany", "removeAlert", "resolveDeadLetter"]);
}
