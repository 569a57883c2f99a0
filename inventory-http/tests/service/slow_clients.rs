//! Clients that are slow on purpose.

use std::time::Duration;

use inventory_core::memory::MemoryStorage;

use crate::client::Client;
use crate::world::{World, settings};

/// A world whose patience is short, so that a test sees its end.
fn impatient() -> World {
    let mut settings = settings(&[]);
    settings.service.limits.watch_interval = Duration::from_millis(10);
    settings.service.limits.head_timeout = Duration::from_millis(50);
    settings.service.limits.body_period = Duration::from_millis(50);
    settings.service.limits.idle_timeout = Duration::from_millis(200);
    settings.service.limits.answer_period = Duration::from_millis(50);
    settings.service.limits.linger_timeout = Duration::from_millis(50);
    World::on(MemoryStorage::new().ports(), &settings)
}

#[test]
fn a_head_that_does_not_end_is_hung_up_on() {
    let world = impatient();
    let mut client = world.client();
    client.send(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
    // Byte by byte does not help: the time runs from the first.
    while client.send(b"y") {
        if client.is_closed() {
            break;
        }
    }
    assert_eq!(world.get("/livez").status, 200);
}

#[test]
fn a_body_that_does_not_end_is_answered_408() {
    let world = impatient();
    let mut client = world.client();
    client.send(
        b"POST /inventory/updates HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\nContent-Type: application/json\r\n\
          Content-Length: 100\r\n\r\n{",
    );
    let reply = client.reply().unwrap();
    assert_eq!(reply.error().1, "request_timeout");
    assert_eq!(reply.header("connection"), Some("close"));
    assert!(client.is_closed());
    assert_eq!(world.head(), 0);
}

#[test]
fn a_connection_that_sends_nothing_is_closed() {
    let world = impatient();
    assert!(world.client().is_closed());
    let mut client = world.client();
    assert_eq!(client.call("GET", "/livez", &[], None).status, 200);
    assert!(client.is_closed());
}

#[test]
fn a_request_that_waits_for_an_event_is_not_idle() {
    let world = impatient();
    let mut client = world.client();
    let page = client.call("GET", "/replication/changes?longPollSeconds=1", &[], None);
    assert_eq!(page.status, 200);
}

#[test]
fn a_client_that_takes_nothing_is_given_up() {
    let world = impatient();
    let rows: Vec<_> = (0..40_000)
        .map(|row| serde_json::json!({ "id": format!("p{row}"), "qty": row }))
        .collect();
    for rows in rows.chunks(10_000) {
        let body = serde_json::json!({ "storeId": "north", "mode": "overwrite", "products": rows });
        assert_eq!(world.post("/inventory/sync", &body.to_string()).status, 200);
    }
    let mut clients: Vec<Client> = (0..4).map(|_| world.client()).collect();
    for client in &mut clients {
        client.send(
            b"GET /replication/snapshot HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\n\r\n",
        );
    }
    let open = || {
        let metrics = String::from_utf8(world.get("/metrics").body).unwrap();
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix("inventory_connections_open "));
        line.unwrap().parse::<usize>().unwrap()
    };
    // Nobody reads: the server closes them by itself, and only the one that asks is left.
    while open() > 1 {
        std::thread::yield_now();
    }
    drop(clients);
}
