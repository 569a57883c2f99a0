//! What keeps a queue from being sent, and what does not.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::logs;
use crate::world::{World, call, wait};

pub(crate) fn update(store: &str, product: &str, key: &str, delta: i64) -> String {
    json!({
        "storeId": store, "productId": product, "delta": delta, "version": null, "idempotencyKey": key,
    })
    .to_string()
}

/// Queues one sale of each of these products while central is away.
fn queue(world: &World, store: &str, products: &[&str]) {
    world.link.cut();
    world.knows_it_is_alone();
    for product in products {
        let body = update(store, product, product, 1);
        let reply = world.at_store("POST", "/store/inventory/updates", &body);
        assert_eq!(reply.status, 202, "{reply:?}");
    }
}

fn blocked(world: &World, code: &str) -> Value {
    wait("the reason", || {
        let status = world.status();
        (status["blocked"]["code"] == code).then_some(status)
    })
}

#[test]
fn what_is_wrong_with_the_caller_parks_nothing_and_is_told() {
    logs::listen();
    let mut world = World::with(&[
        ("STORE_ID", "estranged"),
        ("API_KEYS", "demo,k1=store:estranged"),
        ("CENTRAL_API_KEY", "k1"),
    ]);
    let products: Vec<_> = (0..40).map(|number| format!("p{number}")).collect();
    let products: Vec<_> = products.iter().map(String::as_str).collect();
    queue(&world, "estranged", &products);
    let storage = world.storage.clone();
    for (keys, code) in [
        ("demo,k1=store:somebody-else", "forbidden"),
        ("demo,k2=store:estranged", "unauthorized"),
    ] {
        world.choose("API_KEYS", keys);
        world.replace_central(storage.clone());
        world.link.mend();
        if code == "unauthorized" {
            // The copy cannot be followed either, so that the link is not there at all.
            wait("the news", || {
                (world.status()["connected"] == false).then_some(())
            });
        } else {
            let status = blocked(&world, code);
            assert!(
                status["blocked"]["message"]
                    .as_str()
                    .unwrap()
                    .contains("estranged")
            );
            world.metric("inventory_outbox_blocked 1");
            let ready = world.at_store("GET", "/readyz", "");
            let said = ready.json();
            assert_eq!((ready.status, &said["status"]), (200, &json!("degraded")));
            assert!(said["reasons"].to_string().contains(code), "{said}");
            let live = update("estranged", "live", "live", 1);
            let live = world.at_store("POST", "/store/inventory/updates", &live);
            assert_eq!(
                live.status, 202,
                "the customer can do nothing about it: {live:?}"
            );
        }
        let status = world.status();
        assert_eq!(status["parked"], json!([]));
        assert_eq!(status["outbox"]["queued"], 41);
        world.link.cut();
        world.knows_it_is_alone();
    }
    let line = [
        "nothing that is queued is sent",
        "forbidden",
        "estranged is not a store",
    ];
    assert_eq!(logs::count(&line), 1);
    let goes_on = ["what is queued is sent again", "store=estranged"];
    assert_eq!(logs::count(&goes_on), 0);
    world.choose("API_KEYS", "demo,k1=store:estranged");
    world.replace_central(storage);
    world.link.mend();
    world.in_step();
    let status = world.status();
    assert_eq!(
        (&status["parked"], &status["blocked"]),
        (&json!([]), &Value::Null)
    );
    world.metric("inventory_outbox_blocked 0");
    assert_eq!(logs::count(&goes_on), 1);
    for product in products {
        let read = world.at_central("GET", &format!("/inventory/global/{product}"), "");
        assert_eq!(read.json()["perStore"]["estranged"], 1, "{product}");
    }
}

#[test]
fn a_quota_queues_sales_and_stops_the_queue_until_there_are_tokens() {
    let mut world = World::with(&[("API_KEYS", "demo")]);
    queue(&world, "north", &["a", "b"]);
    world.choose("CENTRAL_RATE_TOKENS", "1");
    world.choose("CENTRAL_RATE_PERIOD", "1h");
    world.replace_central(world.storage.clone());
    // Somebody else has the token, before the link is there again.
    assert_eq!(world.at_central("GET", "/inventory", "").status, 200);
    assert_eq!(world.at_central("GET", "/inventory", "").status, 429);
    world.link.mend();
    wait("the news", || {
        let status = world.status();
        let told = ["blocked", "lastError"].map(|of| status[of]["code"] == "rate_limited");
        (told.contains(&true) && status["outbox"]["queued"] == 2).then_some(())
    });
    assert_eq!(world.status()["parked"], json!([]));
    let live = update("north", "c", "c", 1);
    let live = world.at_store("POST", "/store/inventory/updates", &live);
    assert_eq!(live.status, 202, "{live:?}");
}

#[test]
fn a_store_that_central_has_never_answered_says_why_once() {
    logs::listen();
    let mut world = World::with(&[("STORE_ID", "locked-out")]);
    world.stop_store();
    world.choose("CENTRAL_API_KEY", "a-key-that-nobody-knows");
    world.start_store();
    let error = wait("the reason", || {
        let error = world.status()["lastError"].clone();
        error.is_object().then_some(error)
    });
    assert_eq!(error["code"], "unauthorized");
    let ready = world.at_store("GET", "/readyz", "").json();
    assert_eq!(ready["status"], "degraded");
    assert!(
        ready["reasons"].to_string().contains("not known"),
        "{ready}"
    );
    // It is tried again all the time.
    let begun = Instant::now();
    wait("some time", || {
        (begun.elapsed() > Duration::from_secs(1)).then_some(())
    });
    let line = ["central is away", "store=locked-out", "not known"];
    assert_eq!(logs::count(&line), 1);
    assert_eq!(world.status()["lastError"]["since"], error["since"]);
}

/// A central that answers a batch with the poison in it in its own way, and passes everything else on.
pub(crate) fn poisoned(target: SocketAddr, answer: &'static str) -> (SocketAddr, Arc<Mutex<u32>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let poisoned = Arc::new(Mutex::new(0));
    let count = Arc::clone(&poisoned);
    thread::spawn(move || {
        for near in listener.incoming() {
            let (near, count) = (near.unwrap(), Arc::clone(&count));
            thread::spawn(move || drop(serve(near, target, answer, &count)));
        }
    });
    (address, poisoned)
}

fn serve(
    mut near: TcpStream,
    target: SocketAddr,
    answer: &str,
    count: &Mutex<u32>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(near.try_clone()?);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        while !head.ends_with("\r\n\r\n") {
            let from = head.len();
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
            if let Some(text) = head[from..].strip_prefix("content-length: ") {
                length = text.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let body = String::from_utf8(body).unwrap();
        if body.contains("poison") {
            *count.lock() += 1;
            near.write_all(answer.as_bytes())?;
            continue;
        }
        let head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
        let mut far = TcpStream::connect(target)?;
        far.write_all(format!("{head}{body}").as_bytes())?;
        let mut said = Vec::new();
        far.read_to_end(&mut said)?;
        near.write_all(&said)?;
        return Ok(());
    }
}

pub(crate) fn answer(status: &str, body: &str) -> &'static str {
    let length = body.len();
    let kind = "content-type: application/json";
    format!("HTTP/1.1 {status}\r\n{kind}\r\ncontent-length: {length}\r\n\r\n{body}").leak()
}

/// Queues a poison between good intents, behind a central that answers it so.
fn poison(status: &str, body: &str) -> (World, Arc<Mutex<u32>>) {
    logs::listen();
    let world = World::new();
    let (address, attempts) = poisoned(world.central_address(), answer(status, body));
    queue(&world, "north", &["good1", "poison", "good2", "good3"]);
    world.link.turn(address);
    world.link.mend();
    (world, attempts)
}

#[test]
fn an_intent_that_always_fails_holds_up_its_own_product_only() {
    let body = r#"{"code":"internal","message":"a fault of poison-500","details":[]}"#;
    let (world, attempts) = poison("500 Internal Server Error", body);
    let status = wait("the others", || {
        let status = world.status();
        (status["outbox"]["queued"] == 1 && status["outbox"]["productsAside"] == 1)
            .then_some(status)
    });
    assert_eq!(
        (&status["parked"], &status["blocked"]),
        (&json!([]), &Value::Null)
    );
    for product in ["good1", "good2", "good3"] {
        let read = world.at_central("GET", &format!("/inventory/global/{product}"), "");
        assert_eq!(read.json()["perStore"]["north"], 1, "{product}");
    }
    world.metric("inventory_outbox_products_aside 1");
    let ready = world.at_store("GET", "/readyz", "").json();
    assert_eq!(ready["status"], "degraded");
    assert!(
        ready["reasons"].to_string().contains("poison-500"),
        "{ready}"
    );
    assert_eq!(logs::count(&["its product waits", "product=poison"]), 1);
    let live = update("north", "good1", "live", 1);
    let live = world.at_store("POST", "/store/inventory/updates", &live);
    assert_eq!(live.status, 200, "{live:?}");
    assert!(*attempts.lock() < 12, "it is tried again with a back-off");
}

#[test]
fn a_refusal_that_this_version_does_not_know_parks_the_intent_with_its_text() {
    let body = r#"{"code":"embargoed","message":"poison may not be sold here"}"#;
    let (world, _) = poison("422 Unprocessable Content", body);
    let status = wait("the others", || {
        let status = world.status();
        (status["outbox"]["queued"] == 0).then_some(status)
    });
    let parked = status["parked"].as_array().unwrap();
    assert_eq!(parked.len(), 1, "{status}");
    assert_eq!(parked[0]["productId"], "poison");
    assert_eq!(
        parked[0]["reason"],
        json!({ "code": "embargoed", "message": "poison may not be sold here" })
    );
    let line = [
        "central refuses an intent, which waits for a person",
        "key=poison",
        "embargoed",
    ];
    assert_eq!(logs::count(&line), 1);
}

#[test]
fn a_gate_in_between_parks_nothing_whatever_it_says() {
    for (status, body) in [
        ("404 Not Found", "<html>no such page</html>"),
        ("403 Forbidden", r#"{"code":"waf","message":"no"}"#),
        ("451 Unavailable For Legal Reasons", "<html></html>"),
        ("200 OK", "<html>log in first</html>"),
    ] {
        let (world, attempts) = poison(status, body);
        wait("attempts", || (*attempts.lock() >= 2).then_some(()));
        let status = world.status();
        assert_eq!(status["parked"], json!([]));
        assert_eq!(status["outbox"]["queued"], 4, "{status}");
    }
}

#[test]
fn parked_intents_are_sent_again_or_given_up_by_their_reason_and_product() {
    let world = World::new();
    world.link.cut();
    world.knows_it_is_alone();
    for number in 0..30 {
        let product = ["tea", "jam"][number % 2];
        let body = update("north", product, &format!("k{number}"), -1);
        let reply = world.at_store("POST", "/store/inventory/updates", &body);
        assert_eq!(reply.status, 202, "{reply:?}");
    }
    world.link.mend();
    world.in_step();
    let parked = || world.status()["parked"].as_array().unwrap().len();
    assert_eq!(parked(), 30, "nothing was there to be sold");
    let post = |path: &str, body: Value| world.at_store("POST", path, &body.to_string());
    let other = post("/store/parked/discard", json!({ "reason": "conflict" }));
    assert_eq!((other.status, parked()), (200, 30));
    assert_eq!(other.json(), json!({ "decided": 0, "parked": 30 }));
    let jam = json!({ "reason": "unprocessable", "productId": "jam" });
    assert_eq!(post("/store/parked/discard", jam).json()["decided"], 15);
    world.count(20);
    let again = post("/store/parked/retry", json!({ "reason": "unprocessable" }));
    assert_eq!((again.status, &again.json()["decided"]), (200, &json!(15)));
    world.in_step();
    assert_eq!((world.units(), parked()), (5, 0));
    let unknown = post("/store/parked/retry", json!({ "key": "k1" }));
    assert_eq!(unknown.status, 400);
    let address = world.store_address();
    let without = call(address, "POST", "/store/parked/discard", "", "");
    assert_eq!(
        without.status, 400,
        "nobody gives all up by leaving the body out"
    );
}

/// Sales come one after the other, faster than an answer: the queue ends all the same, and then they are sold at once.
#[test]
fn a_queue_is_empty_soon_although_sales_go_on_and_then_they_are_answered_200() {
    let world = World::new();
    world.count(1_000);
    world.in_step();
    world.link.cut();
    world.knows_it_is_alone();
    for number in 0..100 {
        assert_eq!(world.sell(-1, None, &format!("q{number}")).status, 202);
    }
    world.link.mend();
    let mut number = 0;
    let mut sell = || {
        number += 1;
        world.sell(-1, None, &format!("live{number}")).status
    };
    wait("a sale that is answered", || (sell() == 200).then_some(()));
    assert_eq!(world.status()["outbox"]["queued"], 0);
    for _ in 0..20 {
        assert_eq!(sell(), 200);
    }
}
