//! Keys that nobody knows, and keys without a name: what is said and counted of them.

use crate::lines::{listen, logged, said};
use crate::world::World;

/// The lines that have all of these texts.
fn lines_with(texts: &[&str]) -> Vec<String> {
    let lines = logged();
    let with_all = lines
        .lines()
        .filter(|line| texts.iter().all(|text| line.contains(text)));
    with_all.map(str::to_owned).collect()
}

/// How often a line says that something has happened.
fn times(line: &str) -> u64 {
    let number = line.split("times=").nth(1).unwrap();
    number.split(' ').next().unwrap().parse().unwrap()
}

/// The counter of wrong keys.
fn counted(world: &World) -> u64 {
    let metrics = String::from_utf8(world.get("/metrics").body).unwrap();
    let line = metrics
        .lines()
        .find_map(|line| line.strip_prefix("inventory_unauthorized_total "));
    line.expect("it is counted from the start").parse().unwrap()
}

#[test]
fn wrong_keys_are_counted_and_said_once_a_second_with_their_number_and_their_address() {
    listen();
    let world = World::new();
    assert_eq!(counted(&world), 0);
    let guess = |key: &str| {
        let head = [("X-API-Key", key)];
        let reply = world.client().call("GET", "/inventory", &head, None);
        assert_eq!(reply.status, 401);
    };
    let told = || {
        lines_with(&[
            "WARN",
            "requests without a known key are refused",
            "peer=127.0.0.1",
        ])
    };
    let before = told().len();
    let begun = std::time::Instant::now();
    let mut guesses = 0;
    // Until what was not said at once is said with its number. Other tests guess as well, each at a service of its own.
    while !told()[before..].iter().any(|line| times(line) > 10) {
        guess(&format!("guess-{guesses}"));
        guesses += 1;
        assert!(begun.elapsed().as_secs() < 20, "nothing more is said");
    }
    assert!(guesses > 10);
    assert_eq!(counted(&world), guesses);
    assert!(told()[before..].iter().any(|line| times(line) == 1));
    assert_eq!(said("guess-"), 0, "a key is never logged");
    // A request that is right is none of them.
    assert_eq!(world.get("/inventory").status, 200);
    assert_eq!(counted(&world), guesses);
}

#[test]
fn keys_without_a_name_are_told_at_the_start_with_what_that_costs() {
    listen();
    let keys = "one-secret,two-secret=store:nameless-a+nameless-b,three-secret=store:nameless-a+nameless-b,\
                four-secret=office@admin";
    let world = World::with(&[("API_KEYS", keys)]);
    let told = lines_with(&["nameless-a"]);
    assert_eq!(told.len(), 1, "{told:?}");
    for text in [
        "WARN",
        "keys=3",
        r#"called="admin, store:nameless-a+nameless-b""#,
        "share one name space of idempotency keys, whatever their role",
        "what is sent again is applied again",
        "key=NAME@role",
    ] {
        assert!(told[0].contains(text), "{text} is not in {told:?}");
    }
    assert_eq!(said("-secret"), 0, "a key is never logged");

    // It is as the line says: a till's key is the office's, and once the till has a name nothing is remembered.
    let update = |secret: &str| {
        let body = r#"{"storeId":"nameless-a","productId":"tea","delta":1,"version":null,"idempotencyKey":"k"}"#;
        let head = [("X-API-Key", secret)];
        let reply = world
            .client()
            .call("POST", "/inventory/updates", &head, Some(body));
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.header("idempotent-replayed").is_some()
    };
    let replayed = ["one-secret", "two-secret", "three-secret", "four-secret"].map(update);
    assert_eq!(replayed, [false, true, true, false]);
}

#[test]
fn nothing_is_said_of_keys_that_have_names() {
    listen();
    let named = "a-key=well-named@store:north,b-key=office@admin";
    drop(World::with(&[("API_KEYS", named)]));
    assert!(lines_with(&["without a name", "well-named"]).is_empty());
}
