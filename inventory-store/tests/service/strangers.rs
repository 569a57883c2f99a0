//! Who calls a store without a name, with a key that nobody knows, or with a header that promises too much.

use hyper::Method;
use inventory_store::api::routes;

use crate::logs;
use crate::world::{World, call};

const KEYS: &str = "till=counter@admin,k1-secret=store:north+nameless,k2-secret=store:north";

#[test]
fn a_store_tells_of_tills_without_a_name_and_of_keys_that_nobody_knows() {
    logs::listen();
    let world = World::with(&[("STORE_API_KEYS", KEYS)]);
    let told = ["WARN", "keys=2", "store:north, store:north+nameless"];
    assert_eq!(logs::count(&told), 1);
    let cost = [
        "nameless",
        "share one name space of idempotency keys",
        "what is sent again is applied again",
    ];
    assert_eq!(logs::count(&cost), 1);
    let body =
        r#"{"storeId":"north","productId":"tea","delta":1,"version":null,"idempotencyKey":"0001"}"#;
    let post = |secret: &str| {
        let head = format!("X-API-Key: {secret}\r\n");
        let path = "/store/inventory/updates";
        call(world.store_address(), "POST", path, &head, body)
    };
    let replayed = ["k1-secret", "k2-secret", "till"].map(|secret| {
        let reply = post(secret);
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.header("idempotent-replayed").is_some()
    });
    assert_eq!(replayed, [false, true, false], "as the line says");

    world.metric("inventory_unauthorized_total 0");
    assert_eq!(post("guess-secret").status, 401);
    world.metric("inventory_unauthorized_total 1");
    let refused = [
        "WARN",
        "requests without a known key are refused",
        "peer=127.0.0.1",
        "times=1",
        "this API key is not known",
    ];
    // Other tests are refused as well, from the same address.
    assert!(logs::count(&refused) >= 1);
    assert_eq!(logs::count(&["-secret"]), 0, "a key is never logged");
}

#[test]
fn each_change_at_a_store_takes_a_key_in_its_head_or_refuses_it() {
    let world = World::new();
    let mut refused = Vec::new();
    for route in routes().iter().filter(|route| route.method != Method::GET) {
        let mut path = route.path.to_owned();
        for param in route.path_params {
            path = path.replace(&format!("{{{}}}", param.name), param.example);
        }
        let body = route.body.map_or("", |body| body.example);
        let faults_with = |head: &str| {
            let method = route.method.as_str();
            let reply = call(world.store_address(), method, &path, head, body);
            match reply.status {
                400 => reply.json()["details"][0].clone(),
                _ => serde_json::Value::Null,
            }
        };
        let takes_key = route
            .headers
            .iter()
            .any(|header| header.param.name == "Idempotency-Key");
        let fault = faults_with("Idempotency-Key: k\r\n");
        if !takes_key {
            assert_eq!(fault["field"], "Idempotency-Key", "{route:?}");
            let issue = fault["issue"].as_str().unwrap();
            assert!(!route.keyless.is_empty() && issue.ends_with(route.keyless));
            refused.push(route.id);
        }
        // A store says by itself who has asked.
        let fault = faults_with("On-Behalf-Of: till\r\n");
        assert_eq!(fault["field"], "On-Behalf-Of", "{route:?}");
    }
    assert_eq!(
        refused,
        [
            "retryParked",
            "discardParked",
            "retryIntent",
            "discardIntent"
        ]
    );
}
