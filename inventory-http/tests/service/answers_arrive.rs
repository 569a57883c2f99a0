//! An answer that was given is received, whatever else the client sends.

use std::time::{Duration, Instant};

use crate::client::Client;
use crate::world::World;

const BODY: &str =
    r#"{"storeId":"n","productId":"p","delta":1,"version":null,"idempotencyKey":"k"}"#;

fn post(body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST /inventory/updates HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Old clients end a body with a line that belongs to nothing, and others send their next request at once.
#[test]
fn what_follows_a_request_does_not_keep_its_answer() {
    let world = World::new();
    for more in ["\r\n", "\n", "G", "GET /livez HTTP/1.1\r\nHo"] {
        let mut client = world.client();
        let body = BODY.replace("\"k\"", &format!("\"{}\"", more.len()));
        client.send(&[&post(&body)[..], more.as_bytes()].concat());
        assert_eq!(client.reply().unwrap().status, 200, "{more:?}");
        let mut client = world.client();
        client.send(format!("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n{more}").as_bytes());
        assert_eq!(client.reply().unwrap().status, 200, "{more:?}");
    }
}

#[test]
fn a_line_between_two_requests_is_no_request() {
    let world = World::new();
    let mut client = world.client();
    client.send(&post(BODY));
    assert_eq!(client.reply().unwrap().status, 200);
    client.send(b"\r\n");
    client.send(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(client.reply().unwrap().status, 200);
}

/// The client sends all of it before it looks at an answer.
#[test]
fn a_body_that_is_too_large_is_answered_while_it_is_sent() {
    let world = World::new();
    let large = 20 * 1024 * 1024;
    for announced in [true, false] {
        let mut client = world.client();
        let framing = match announced {
            true => format!("Content-Length: {large}"),
            false => "Transfer-Encoding: chunked".to_owned(),
        };
        let head = format!(
            "POST /inventory/sync HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\nContent-Type: application/json\r\n\
             {framing}\r\n\r\n"
        );
        assert!(client.send(head.as_bytes()));
        if !announced {
            client.send(format!("{large:x}\r\n").as_bytes());
        }
        let piece = vec![b' '; 1024 * 1024];
        for _ in 0..large / piece.len() {
            assert!(client.send(&piece), "the connection was reset");
        }
        let reply = client.reply().expect("an answer");
        assert_eq!(reply.error().1, "payload_too_large");
        assert_eq!(reply.header("connection"), Some("close"));
    }
}

#[test]
fn a_head_that_is_too_large_is_answered() {
    let world = World::new();
    let many: String = (0..101)
        .map(|number| format!("X-{number}: y\r\n"))
        .collect();
    let large = format!("X: {}\r\n", "y".repeat(200_000));
    for headers in [many, large] {
        let mut client = world.client();
        client.send(format!("GET /livez HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n").as_bytes());
        assert_eq!(client.reply().expect("an answer").status, 431);
    }
}

fn open(world: &World) -> usize {
    let metrics = String::from_utf8(world.get("/metrics").body).unwrap();
    let line = metrics
        .lines()
        .find_map(|line| line.strip_prefix("inventory_connections_open "));
    line.unwrap().parse().unwrap()
}

/// One byte too many is all that it takes to hide the end of a connection from who waits for the next request.
#[test]
fn a_stream_whose_client_has_gone_frees_its_connection_whatever_was_sent_before() {
    let world = World::new();
    world.adjust("tea", "north", 1, "k0");
    let mut clients: Vec<Client> = (0..20).map(|_| world.client()).collect();
    for client in &mut clients {
        client.send(
            b"GET /replication/stream HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\n\r\nG",
        );
        assert_eq!(client.head().unwrap().status, 200);
        assert_eq!(client.chunk().unwrap(), b"retry: 1000\n: connected\n\n");
    }
    drop(clients);
    let begun = Instant::now();
    let mut number = 0;
    while open(&world) > 1 {
        number += 1;
        world.adjust("tea", "north", 1, &format!("k{number}"));
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "{}",
            open(&world)
        );
    }
}
