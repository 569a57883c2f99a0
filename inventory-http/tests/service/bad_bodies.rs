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
        "\" tea\"",
        "\"tea \"",
        "\"\\ufefftea\"",
        "\"te\\u200ba\"",
        "\"te\\u00a0a\"",
        "\"cafe\\u0301\"",
        "\".\"",
        "\"..\"",
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
        let reply = client.reply().expect("an answer");
        // No number of hyper's: it takes the head for too large.
        assert_eq!(reply.status, 431, "{path}: {reply:?}");

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

/// What parsers say of themselves, which helps nobody who calls.
const PARSERS_WORDS: [&str; 8] = [
    "expected",
    "invalid type",
    "invalid value",
    "EOF",
    "visitor",
    "at line",
    "`",
    "u64",
];

#[test]
fn all_that_is_wrong_with_a_body_is_told_at_once_and_in_our_words() {
    let world = World::new();
    let told = |path: &str, body: &str| {
        let reply = world.post(path, body);
        assert_eq!(reply.error().0, 400, "{body}: {reply:?}");
        let faults = reply.faults();
        for word in PARSERS_WORDS {
            let found = faults.iter().find(|fault| fault.contains(word));
            assert_eq!(found, None, "{word} of {body}");
        }
        faults
    };
    let body =
        r#"{"storeId":" north","delta":0,"version":-1,"reason":"theft","note":"a\nb","more":1}"#;
    assert_eq!(
        told(UPDATES, body),
        [
            "storeId begins or ends with a blank",
            "delta must be an integer from -9007199254740991 to 9007199254740991, and not 0",
            "version must be an integer from 0 to 9007199254740991, or null",
            "reason must be one of sale, return, receipt, correction, count, damage, loss, transfer, other",
            "note must be a text of 1 to 512 characters on one line",
            "more is not a field of this",
            "productId is missing",
        ]
    );
    let row = r#"{"storeId":"north","productId":"tea","delta":1,"version":null}"#;
    let body = format!(r#"{{"updates":[{row},{{"storeId":7}},{row}]}}"#);
    assert_eq!(
        told("/inventory/batch", &body),
        [
            "updates[0].idempotencyKey is missing",
            "updates[1].storeId must be a text of 1 to 128 characters on one line",
            "updates[1].productId is missing",
            "updates[1].delta is missing",
            "updates[1].version is missing",
            "updates[1].idempotencyKey is missing",
            "updates[2].idempotencyKey is missing",
        ]
    );
    let rows = r#"[{"id":"tea","qty":1},{"id":"rice","qty":1,"version":0},{"id":"salt","qty":1}]"#;
    let body = format!(r#"{{"storeId":"north","mode":"merge","products":{rows}}}"#);
    assert_eq!(
        told("/inventory/sync", &body),
        [
            "products[0].version a merge needs it",
            "products[2].version a merge needs it"
        ]
    );
    let row = r#"{"id":"tea","qty":-1},"#;
    let rows = row.repeat(9_999);
    let body = format!(
        r#"{{"storeId":"north","mode":"merge","products":[{}]}}"#,
        rows.trim_end_matches(',')
    );
    let reply = world.post("/inventory/sync", &body);
    assert_eq!(reply.faults().len(), 100);
    let message = reply.json()["message"].clone();
    assert!(
        message.as_str().unwrap().contains("in more places"),
        "{message}"
    );
    assert_eq!(told("/reservations/r1/release", ""), [" is empty"]);
    assert_eq!(
        told(UPDATES, "[1,"),
        [
            " must be an object",
            " cannot be read as JSON beyond line 1, column 3"
        ]
    );
    assert_eq!(world.head(), 0);
}

#[test]
fn every_row_that_stands_twice_is_named() {
    let world = World::new();
    let body = r#"{"storeId":"n","mode":"overwrite","products":[{"id":"a","qty":1},{"id":"b","qty":1},{"id":"a","qty":2},{"id":"b","qty":1},{"id":"a","qty":1}]}"#;
    let reply = world.post("/inventory/sync", body);
    assert_eq!(reply.error().1, "unprocessable");
    assert_eq!(
        reply.faults(),
        [2, 3, 4].map(|row| format!("products[{row}].id stands in an earlier row too"))
    );
}
