//! What comes as server-sent events, and from where it goes on.

use inventory_core::memory::MemoryStorage;
use inventory_core::testing::{Call, Faults};
use inventory_core::vocabulary::Epoch;
use serde_json::{Value, json};

use crate::lines::{listen, logged};
use crate::replication::{changes, sold};
use crate::world::{World, settings};

/// Reads events of a stream until there are so many: the id of each, if it has one, and its data.
fn events(
    world: &World,
    query: &str,
    headers: &str,
    count: usize,
) -> Vec<(Option<String>, String)> {
    let mut client = world.client();
    let head = format!(
        "GET /replication/stream{query} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\n"
    );
    client.send(format!("{head}{headers}\r\n").as_bytes());
    let reply = client.head().unwrap();
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    let mut text = String::new();
    while text.matches("\ndata: ").count() < count {
        text.push_str(std::str::from_utf8(&client.chunk().unwrap()).unwrap());
    }
    let frames = text.split("\n\n").filter(|frame| frame.contains("data: "));
    frames
        .map(|frame| {
            let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name));
            (
                field("id: ").map(str::to_owned),
                field("data: ").unwrap().to_owned(),
            )
        })
        .collect()
}

#[test]
fn a_stream_has_the_same_events_and_resumes_after_the_last_one() {
    let world = World::new();
    sold(&world, 5);
    let epoch = changes(&world, "")["epoch"].as_str().unwrap().to_owned();
    let all = events(&world, "?fromOffset=0", "", 5);
    let pages = changes(&world, "")["events"].clone();
    for (number, (id, data)) in all.iter().enumerate() {
        let chain = pages[number]["chain"].as_str().unwrap();
        let expected = format!("{epoch}.{}.{chain}", number + 1);
        assert_eq!(id.as_ref(), Some(&expected));
        assert_eq!(serde_json::from_str::<Value>(data).unwrap(), pages[number]);
    }
    let last = all[2].0.as_ref().unwrap();
    let header = format!("Last-Event-ID: {last}\r\n");
    assert_eq!(events(&world, "?fromOffset=0", &header, 2), all[3..]);
    let chain = last.rsplit('.').next().unwrap();
    let query = format!("?fromOffset=3&epoch={epoch}&chain={chain}");
    assert_eq!(events(&world, &query, "", 2), all[3..]);
    let other = format!("{}.3.{chain}", "1".repeat(32));
    let headers = [("Last-Event-ID", other.as_str())];
    let reply = world
        .client()
        .call("GET", "/replication/stream", &headers, None);
    assert_eq!(reply.json()["position"]["reason"], "epoch");
    let most = format!("{epoch}.{}.{chain}", u64::MAX);
    for bad in [
        "3",
        "x.3",
        &format!("{epoch}.3"),
        &format!("{epoch}..{chain}"),
        &format!("{epoch}.-1.{chain}"),
        &format!("{epoch}.3.x"),
        &most,
    ] {
        let reply = world.client().call(
            "GET",
            "/replication/stream",
            &[("Last-Event-ID", bad)],
            None,
        );
        assert_eq!(
            reply.error(),
            (400, "bad_request".to_owned(), "Last-Event-ID".to_owned()),
            "{bad}"
        );
    }
}

/// A backup that is copied back has the same epoch. Others sell until the log is as long as it was.
#[test]
fn a_stream_of_a_history_that_is_gone_does_not_go_on_in_another() {
    let [lost, restored] = [("k2", -1), ("k3", -2)].map(|(key, delta)| {
        let world = World::on(
            MemoryStorage::with_epoch(Epoch::from_random(7)).ports(),
            &settings(&[]),
        );
        world.adjust("tea", "north", 10, "k1");
        for more in 0..2 {
            world.adjust("tea", "north", delta, &format!("{key}-{more}"));
        }
        world
    });
    let last = events(&lost, "?fromOffset=0", "", 3).pop().unwrap().0;
    let last = last.unwrap();
    let headers = [("Last-Event-ID", last.as_str())];
    let path = "/replication/stream";
    for _ in 0..2 {
        let reply = restored.client().call("GET", path, &headers, None);
        assert_eq!(reply.error().0, 410);
        assert_eq!(reply.json()["position"]["reason"], "chain");
        // And once the other history is longer.
        restored.adjust("tea", "north", -1, "k9");
    }
}

/// Between two events of a request nobody stands: only its last one has an id, so that who is cut off there is given all of
/// it.
#[test]
fn a_stream_that_was_cut_within_a_request_goes_on_with_all_of_it() {
    let world = World::new();
    world.adjust("tea", "north", 1, "k1");
    let rows: Vec<_> = (0..3)
        .map(|row| json!({ "id": format!("p{row}"), "qty": row }))
        .collect();
    let body = json!({ "storeId": "north", "mode": "overwrite", "products": rows });
    assert_eq!(world.post("/inventory/sync", &body.to_string()).status, 200);
    let all = events(&world, "?fromOffset=0", "", 4);
    let named: Vec<_> = all.iter().map(|(id, _)| id.is_some()).collect();
    assert_eq!(named, [true, false, false, true]);
    for cut in 1..=3 {
        let known = all[..cut].iter().rev().find_map(|(id, _)| id.as_ref());
        let last = format!("Last-Event-ID: {}\r\n", known.unwrap());
        assert_eq!(events(&world, "", &last, 3), all[1..], "after {cut}");
    }
}

#[test]
fn a_stream_without_a_position_starts_now() {
    let world = World::new();
    sold(&world, 3);
    let mut client = world.client();
    client.send(b"GET /replication/stream HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\n\r\n");
    client.head().unwrap();
    // The comment says that the stream has its position.
    assert_eq!(client.chunk().unwrap(), b"retry: 1000\n: connected\n\n");
    world.adjust("tea", "north", -1, "k9");
    let chunk = String::from_utf8(client.chunk().unwrap()).unwrap();
    assert!(chunk.contains(r#""seq":4"#), "{chunk}");
}

/// What is too old for memory is read from the log, and that fails once the client has its answer.
#[test]
fn a_stream_that_cannot_read_the_log_ends_and_says_so_and_goes_on_for_who_comes_back() {
    listen();
    let storage = MemoryStorage::new();
    let world = World::on(storage.ports(), &settings(&[]));
    let rows: Vec<_> = (0..5_000)
        .map(|row| json!({ "id": format!("p{row}"), "qty": 1 }))
        .collect();
    for store in ["north", "south"] {
        let body = json!({ "storeId": store, "mode": "overwrite", "products": rows });
        assert_eq!(world.post("/inventory/sync", &body.to_string()).status, 200);
    }
    world.stop().unwrap();
    let faults = Faults::new();
    let world = World::on(faults.wrap(storage.ports()), &settings(&[]));
    let begun = faults.calls(Call::Read);
    (0..20).for_each(|skip| faults.fail(skip, Call::Read));
    let mut client = world.client();
    let path = "/replication/stream?fromOffset=0";
    client.send(
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\n\r\n").as_bytes(),
    );
    assert_eq!(client.head().unwrap().status, 200);
    assert_eq!(client.chunk().unwrap(), b"retry: 1000\n: connected\n\n");
    assert_eq!(client.chunk(), None, "it ends, as a stream that is whole");
    let lines = logged();
    for (level, texts) in [
        (
            "WARN",
            [
                "a stream of events ends before its client does",
                "position=0",
            ],
        ),
        (
            "ERROR",
            ["the log could not be read for a follower", "error="],
        ),
    ] {
        let is_said =
            |line: &str| line.contains(level) && texts.iter().all(|text| line.contains(text));
        assert!(lines.lines().any(is_said), "{texts:?} is not in\n{lines}");
    }
    // Whoever comes back while it goes on is told again, and once the log can be read is given all of it.
    while faults.calls(Call::Read) < begun + 20 {
        world.get("/replication/changes?fromOffset=0");
    }
    assert_eq!(events(&world, "?fromOffset=0", "", 5_000).len(), 5_000);
}
