//! Requests whose framing means harm. Nothing of them is applied, and the server goes on.

use crate::client::Client;
use crate::world::World;

const BODY: &str =
    r#"{"storeId":"n","productId":"p","delta":1,"version":null,"idempotencyKey":"k"}"#;

/// As [`statuses`], of bytes after which nothing comes.
fn statuses_of_all(world: &World, bytes: &[u8]) -> Vec<u16> {
    let mut client = world.client();
    client.send(bytes);
    client.finish();
    answers(&mut client, Vec::new())
}

/// Sends bytes and returns the statuses of all that is answered before the connection ends.
fn statuses(world: &World, bytes: &[u8]) -> Vec<u16> {
    let mut client = world.client();
    client.send(bytes);
    let Some(first) = client.reply() else {
        return Vec::new();
    };
    client.finish();
    answers(&mut client, vec![first.status])
}

fn answers(client: &mut Client, mut statuses: Vec<u16>) -> Vec<u16> {
    while let Some(reply) = client.reply() {
        statuses.push(reply.status);
    }
    statuses
}

fn post(headers: &str, body: &str) -> Vec<u8> {
    format!(
        "POST /inventory/updates HTTP/1.1\r\nX-API-Key: demo\r\nContent-Type: application/json\r\n{headers}\r\n{body}"
    )
    .into_bytes()
}

#[test]
fn a_request_that_others_might_read_otherwise_is_refused() {
    let world = World::new();
    let length = format!("Content-Length: {}\r\n", BODY.len());
    let chunked = format!("{:x}\r\n{BODY}\r\n0\r\n\r\n", BODY.len());
    let host = "Host: localhost\r\n";
    let rows = [
        (
            format!("{host}{length}{length}"),
            BODY.to_owned(),
            &[200][..],
        ),
        (length.clone(), BODY.to_owned(), &[400]),
        (format!("Host:\r\n{length}"), BODY.to_owned(), &[400]),
        (format!("{host}{host}{length}"), BODY.to_owned(), &[400]),
        (
            format!("{host}{length}Content-Length: 1\r\n"),
            BODY.to_owned(),
            &[400],
        ),
        (
            format!("{host}Content-Length: -1\r\n"),
            BODY.to_owned(),
            &[400],
        ),
        (
            format!("{host}Content-Length: +{}\r\n", BODY.len()),
            BODY.to_owned(),
            &[400],
        ),
        (
            format!("{host}Content-Length: 0x10\r\n"),
            BODY.to_owned(),
            &[400],
        ),
        (
            format!("{host}Transfer-Encoding: gzip, chunked\r\n"),
            chunked.clone(),
            &[400],
        ),
        (
            format!("{host}Transfer-Encoding: chunked, identity\r\n"),
            chunked.clone(),
            &[400],
        ),
        (
            format!("{host}Transfer-Encoding: identity\r\n"),
            chunked.clone(),
            &[400],
        ),
        (
            format!("{host}Transfer-Encoding: xchunked\r\n"),
            chunked.clone(),
            &[400],
        ),
        (
            format!("{host}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
            chunked.clone(),
            &[400],
        ),
        (
            format!("{host}Transfer-Encoding : chunked\r\n"),
            chunked,
            &[400],
        ),
        (format!("{host}X Y: z\r\n{length}"), BODY.to_owned(), &[400]),
        (
            format!("{host}X: a\r\n b\r\n{length}"),
            BODY.to_owned(),
            &[400],
        ),
        (format!("{host}: z\r\n{length}"), BODY.to_owned(), &[400]),
        (
            format!("{host}X: a\0b\r\n{length}"),
            BODY.to_owned(),
            &[400],
        ),
        (
            format!("{host}Transfer-Encoding: chunked\r\n"),
            "zz\r\n".to_owned(),
            &[400],
        ),
        (
            format!("{host}Transfer-Encoding: chunked\r\n"),
            "-1\r\n".to_owned(),
            &[400],
        ),
        (
            format!("{host}Transfer-Encoding: chunked\r\n"),
            "fffffffffffffffff\r\n".to_owned(),
            &[400],
        ),
    ];
    for (headers, body, expected) in rows {
        let found = statuses(&world, &post(&headers, &body));
        // What hyper refuses by itself is bare: it has a status and no body.
        assert_eq!(found, expected, "{headers:?}");
    }
    assert_eq!(world.head(), 1);
}

#[test]
fn chunks_are_put_together_and_truncated_ones_are_not_believed() {
    let world = World::new();
    let chunked = "Host: localhost\r\nTransfer-Encoding: chunked\r\n";
    let (first, second) = BODY.split_at(10);
    let chunks = format!(
        "{:x};extension=1\r\n{first}\r\n{:X}\r\n{second}\r\n0\r\nTrailer: x\r\n\r\n",
        first.len(),
        second.len()
    );
    assert_eq!(statuses(&world, &post(chunked, &chunks)), [200]);
    for cut in [1, 5, 20, 40, chunks.len() - 30] {
        let found = statuses_of_all(
            &world,
            &post(chunked, &chunks[..cut].replace("\"k\"", "\"other\"")),
        );
        assert_eq!(found, [400], "{cut}");
    }
    let length = format!("Host: localhost\r\nContent-Length: {}\r\n", BODY.len());
    let found = statuses_of_all(&world, &post(&length, &BODY[..BODY.len() - 1]));
    assert_eq!(found, [400]);
    assert_eq!(world.head(), 1);
}

/// A length beside chunks is ignored, and nothing after the chunks is believed: a proxy that believes the length instead
/// would take it for part of this request.
#[test]
fn nothing_is_smuggled_behind_chunks() {
    let world = World::new();
    let smuggled = post(
        &format!("Host: localhost\r\nContent-Length: {}\r\n", BODY.len()),
        &BODY.replace("\"k\"", "\"s\""),
    );
    let chunked = format!(
        "{:x}\r\n{BODY}\r\n0\r\n\r\n{}",
        BODY.len(),
        String::from_utf8(smuggled).unwrap()
    );
    let length = format!("Content-Length: {}\r\n", chunked.len());
    for headers in [
        format!("Host: localhost\r\n{length}Transfer-Encoding: chunked\r\n"),
        format!("Host: localhost\r\nTransfer-Encoding: chunked\r\n{length}"),
        "Host: localhost\r\nTransfer-Encoding: chunked\r\n".to_owned(),
    ] {
        let found = statuses(&world, &post(&headers, &chunked));
        assert_eq!(found, [200], "{headers:?}");
    }
    assert_eq!(world.head(), 1);
}

#[test]
fn a_hundred_requests_in_one_write_are_answered_in_order() {
    let world = World::new();
    let mut bytes = Vec::new();
    for number in 0..100 {
        let body = BODY.replace("\"k\"", &format!("\"k{number}\""));
        bytes.extend(post(
            &format!("Host: localhost\r\nContent-Length: {}\r\n", body.len()),
            &body,
        ));
    }
    let mut client = world.client();
    client.send(&bytes);
    for number in 1..=100 {
        let reply = client.reply().unwrap();
        assert_eq!(reply.json()["newQuantity"], number);
    }
    assert_eq!(world.head(), 100);
}

#[test]
fn what_is_no_request_is_refused_or_hung_up_on() {
    let world = World::new();
    let many: String = (0..200)
        .map(|number| format!("X-{number}: y\r\n"))
        .collect();
    let large = format!("X: {}\r\n", "y".repeat(40_000));
    let with_many = format!("GET /livez HTTP/1.1\r\nHost: localhost\r\n{many}\r\n");
    let with_large = format!("GET /livez HTTP/1.1\r\nHost: localhost\r\n{large}\r\n");
    let rows: [(&[u8], &[u16]); 13] = [
        (b"\0\0\0\0\0\0\0\0\r\n\r\n", &[400]),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", &[400]),
        (b"GET\r\n\r\n", &[400]),
        (b"GET /livez\r\n\r\n", &[400]),
        (b"GET /livez HTTP/9.9\r\nHost: localhost\r\n\r\n", &[400]),
        (b"GET /livez HTTP/1.0\r\n\r\n", &[200]),
        (b"GET http://other/livez HTTP/1.1\r\nHost: localhost\r\n\r\n", &[200]),
        (b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\n\r\n", &[404]),
        (b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\n\r\n", &[404]),
        (b"GET /livez HTTP/1.1\nHost: localhost\n\n", &[200]),
        (b"GET /livez HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n", &[200]),
        (with_many.as_bytes(), &[431]),
        (with_large.as_bytes(), &[431]),
    ];
    for (bytes, expected) in rows {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
        let found = match expected {
            [200] | [404] => statuses(&world, bytes),
            _ => statuses_of_all(&world, bytes),
        };
        assert_eq!(found, expected, "{shown}");
        assert_eq!(world.get("/livez").status, 200, "after {shown}");
    }
    // Whole, and yet no request: it says nothing of its host. Who ends their side before they are answered may get nothing.
    assert_eq!(statuses(&world, b"GET /livez HTTP/1.1\r\n\r\n"), [400]);
    assert_eq!(world.head(), 0);
}

#[test]
fn a_client_that_goes_away_changes_nothing_for_others() {
    let world = World::new();
    for cut in [3, 40, 90, 160] {
        let whole = post(
            &format!("Host: localhost\r\nContent-Length: {}\r\n", BODY.len()),
            BODY,
        );
        let mut client = world.client();
        client.send(&whole[..cut]);
        drop(client);
    }
    let parked: Vec<Client> = (0..50)
        .map(|_| {
            let mut client = world.client();
            client.send(
                b"GET /replication/changes?longPollSeconds=60 HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\n\r\n",
            );
            client
        })
        .collect();
    drop(parked);
    assert_eq!(world.head(), 0);
    world.adjust("tea", "north", 1, "k1");
    assert_eq!(world.head(), 1);
}
