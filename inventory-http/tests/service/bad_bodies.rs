//! Bodies that mean harm: each is refused in words, and changes nothing.

use crate::world::World;

const UPDATES: &str = "/inventory/updates";

/// Refuses each body with 400 naming the field, or with 404 and the like where the table says so.
fn check(rows: &[(&[u8], &str)]) {
    let world = World::new();
    for (body, field) in rows {
        let mut client = world.client();
        let head = format!(
            "POST {UPDATES} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        client.send(head.as_bytes());
        client.send(body);
        let reply = client.reply().unwrap();
        let shown = String::from_utf8_lossy(&body[..body.len().min(120)]).into_owned();
        assert_eq!(
            reply.error(),
            (400, "bad_request".to_owned(), (*field).to_owned()),
            "{shown}: {reply:?}"
        );
        // The connection is good for a next request, which is answered as if nothing had been.
        assert_eq!(
            client.call("GET", "/livez", &[], None).status,
            200,
            "{shown}"
        );
    }
    assert_eq!(world.head(), 0);
}

fn with(field: &str, value: &str) -> Vec<u8> {
    let fields = [
        ("storeId", r#""north""#),
        ("productId", r#""tea""#),
        ("delta", "1"),
        ("version", "null"),
        ("idempotencyKey", r#""k1""#),
    ];
    let fields = fields.map(|(name, good)| {
        let value = if name == field { value } else { good };
        format!("\"{name}\":{value}")
    });
    format!("{{{}}}", fields.join(",")).into_bytes()
}

#[test]
fn a_number_is_an_integer_in_its_range() {
    let numbers = [
        "0",
        "1.0",
        "1e0",
        "1E2",
        "-0",
        "-0.0",
        "1.5",
        "9007199254740992",
        "-9007199254740992",
        "9223372036854775808",
        "18446744073709551616",
        "1e400",
        "\"1\"",
        "true",
        "null",
        "[1]",
        "{}",
        "99999999999999999999999999999999999999999999999999",
    ];
    let rows: Vec<_> = numbers.iter().map(|number| with("delta", number)).collect();
    let rows: Vec<_> = rows.iter().map(|body| (&body[..], "delta")).collect();
    check(&rows);
    let versions = [
        "-1",
        "1.0",
        "1e0",
        "9007199254740992",
        "\"1\"",
        "true",
        "[]",
        "-9223372036854775808",
    ];
    let rows: Vec<_> = versions
        .iter()
        .map(|number| with("version", number))
        .collect();
    let rows: Vec<_> = rows.iter().map(|body| (&body[..], "version")).collect();
    check(&rows);
}

#[test]
fn what_is_no_json_at_all_is_refused_too() {
    check(&[
        (b"01", ""),
        (b"+1", ""),
        (b".5", ""),
        (b"NaN", ""),
        (b"{\"delta\":01}", "delta"),
        (b"{\"delta\":+1}", "delta"),
        (b"{\"delta\":Infinity}", "delta"),
        (b"{\"delta\":0x10}", "delta"),
    ]);
}

#[test]
fn a_name_is_text_of_its_length() {
    let (long, wide) = (
        format!("\"{}\"", "x".repeat(129)),
        format!("\"{}\"", "ä".repeat(65)),
    );
    let names = [
        "\"\"",
        "null",
        "7",
        "[]",
        "{}",
        "true",
        "\"a\\u0000b\"",
        "\"a\\nb\"",
        "\"\\u0085\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\\x\"",
        &long,
        &wide,
    ];
    for field in ["storeId", "productId"] {
        let rows: Vec<_> = names.iter().map(|name| with(field, name)).collect();
        let rows: Vec<_> = rows.iter().map(|body| (&body[..], field)).collect();
        check(&rows);
    }
    let keys = [
        "\"\"",
        "null",
        "7",
        "\"ä\"",
        "\"a\\tb\"",
        "\"\\u007f\"",
        &long,
    ];
    let rows: Vec<_> = keys.iter().map(|key| with("idempotencyKey", key)).collect();
    let rows: Vec<_> = rows
        .iter()
        .map(|body| (&body[..], "idempotencyKey"))
        .collect();
    check(&rows);
}

#[test]
fn fields_are_those_that_are_published_once_each() {
    let twice = |field: &str, value: &str| {
        let body = String::from_utf8(with("", "")).unwrap();
        body.replacen('{', &format!("{{\"{field}\":{value},"), 1)
            .into_bytes()
    };
    for field in ["storeId", "productId", "delta", "version", "idempotencyKey"] {
        let value = if field == "delta" { "1" } else { "\"7\"" };
        let value = if field == "version" { "null" } else { value };
        check(&[(&twice(field, value), field)]);
        let body = String::from_utf8(with(field, "REMOVED")).unwrap();
        let gone = format!("\"{field}\":REMOVED");
        let body = body
            .replace(&format!("{gone},"), "")
            .replace(&format!(",{gone}"), "");
        check(&[(body.as_bytes(), field)]);
    }
    check(&[
        (&twice("more", "1"), "more"),
        (&twice("Delta", "1"), "Delta"),
        (&twice("", "1"), ""),
        (&twice("__proto__", "{}"), "__proto__"),
    ]);
}

#[test]
fn a_body_is_one_object_and_nothing_more() {
    let good = with("", "");
    let around = |before: &[u8], after: &[u8]| [before, &good, after].concat();
    let deep = [vec![b'['; 10_000], vec![b']'; 10_000]].concat();
    let deep_field = [&b"{\"delta\":"[..], &deep, b"}"].concat();
    check(&[
        (b"", ""),
        (b" ", ""),
        (b"null", ""),
        (b"[]", ""),
        (br#"["north","tea",1,null,"k1"]"#, ""),
        (b"\"text\"", ""),
        (b"{", ""),
        (b"{}", "storeId"),
        (&good[..good.len() - 1], ""),
        (&around(b"", b"x"), ""),
        (&around(b"", b"{}"), ""),
        (&around(b"", b"\0"), ""),
        (&around(b"\xef\xbb\xbf", b""), ""),
        (&around(b"[", b"]"), ""),
        (&deep, ""),
        (&deep_field, "delta"),
        (b"{\"storeId\":\"\xff\xfe\"}", "storeId"),
        (b"{\"storeId\":\"\xc3\"}", "storeId"),
        (b"{\"\xff\":1}", ""),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", ""),
    ]);
}

#[test]
fn a_body_is_json_that_says_so() {
    let world = World::new();
    let body = String::from_utf8(with("", "")).unwrap();
    for headers in [
        &[("Content-Type", "text/plain")][..],
        &[("Content-Type", "")],
        &[("Content-Type", "application/x-www-form-urlencoded")],
        &[("Content-Type", "application/json; charset=utf-16")],
        &[
            ("Content-Type", "application/json"),
            ("Content-Type", "application/json"),
        ],
        &[
            ("Content-Type", "application/json"),
            ("Content-Encoding", "gzip"),
        ],
    ] {
        let reply = world.client().call("POST", UPDATES, headers, Some(&body));
        assert_eq!(reply.error().0, 415, "{headers:?}");
    }
    let mut client = world.client();
    client.send(b"POST /inventory/updates HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\nContent-Length: 2\r\n\r\n{}");
    assert_eq!(client.reply().unwrap().status, 415);
    let reply = world.client().call(
        "POST",
        UPDATES,
        &[("Content-Type", "application/json; charset=UTF-8")],
        Some(&body),
    );
    assert_eq!(reply.status, 200);
    assert_eq!(world.head(), 1);
}

#[test]
fn a_body_has_a_largest_size_however_it_is_sent() {
    let world = World::new();
    for (path, bytes_max) in [
        ("/inventory/updates", 1 << 20),
        ("/inventory/sync", 16 << 20),
        ("/inventory/batch", 16 << 20),
        ("/inventory/transactions", 16 << 20),
        ("/reservations", 16 << 20),
        ("/reservations/r1/commit", 16 << 20),
        ("/reservations/r1/release", 1 << 20),
        ("/reservations/r1/extend", 1 << 20),
    ] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\nContent-Type: application/json\r\n"
        );
        let mut client = world.client();
        client.send(format!("{head}Content-Length: {}\r\n\r\n", bytes_max + 1).as_bytes());
        assert_eq!(
            client.reply().unwrap().error().1,
            "payload_too_large",
            "{path}"
        );
        let mut client = world.client();
        client.send(format!("{head}Content-Length: 18446744073709551615\r\n\r\n").as_bytes());
        assert!(
            client
                .reply()
                .is_none_or(|reply| (400..500).contains(&reply.status)),
            "{path}"
        );

        let mut client = world.client();
        client.send(format!("{head}Transfer-Encoding: chunked\r\n\r\n").as_bytes());
        let chunk = [b"10000\r\n", &vec![b' '; 65_536][..], b"\r\n"].concat();
        // The server may close before everything is sent.
        let _all = (0..=bytes_max / 65_536).all(|_| client.send(&chunk));
        assert_eq!(
            client.reply().unwrap().error().1,
            "payload_too_large",
            "{path} in chunks"
        );
    }
    let room = " ".repeat((1 << 20) - with("", "").len());
    let body = format!("{}{room}", String::from_utf8(with("", "")).unwrap());
    assert_eq!(world.post(UPDATES, &body).status, 200);
    assert_eq!(world.head(), 1);
}
