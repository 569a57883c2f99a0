//! What each misbehaviour of a server means, to an update and to a call that changes nothing.

use std::time::Duration;

use inventory_http::client::Origin;
use tokio::net::TcpListener;

use crate::script::{Script, Step, answer};
use crate::world::{APPLIED, anywhere, client, client_with, five_more, told};

const CONFLICT: &str = r#"{"code":"conflict","message":"stale","details":[{"field":"version","issue":"old"}],"current":{"version":3,"available":2,"storeQuantity":1}}"#;
const UNAVAILABLE: &str = r#"{"code":"unavailable","message":"later","details":[]}"#;
const LIMITED: &str = r#"{"code":"rate_limited","message":"slowly","details":[]}"#;
const GONE: &str = r#"{"code":"gone","message":"too old","details":[],"position":{"reason":"retention","snapshot":"/replication/snapshot","epoch":"0","oldestOffset":4,"lastOffset":9}}"#;

/// What a server sends, what an update makes of it, and what a page of changes does.
fn cases() -> Vec<(String, &'static str, &'static str)> {
    let broken = (
        "unknown broken; unknown; retry",
        "unavailable broken; nothing done; retry",
    );
    let json = (
        "not understood json; unknown; retry",
        "not understood json; nothing done; retry",
    );
    let status = (
        "not understood status; unknown; retry",
        "not understood status; nothing done; retry",
    );
    let http = (
        "not understood http; unknown; retry",
        "not understood http; nothing done; retry",
    );
    let large = (
        "not understood too large; unknown; retry",
        "not understood too large; nothing done; retry",
    );
    let conflict = "refused 409 conflict; nothing done; give up";
    let limited = "refused 429 rate_limited; nothing done; retry";
    let chunked = |body: &str| {
        let length = body.len();
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n")
    };
    let huge = "x".repeat(5_000);
    let rows: Vec<(String, (&str, &str))> = vec![
        (String::new(), broken),
        ("HTTP/1.1 200 OK\r\ncontent-le".to_owned(), broken),
        (answer("200 OK", "", APPLIED)[..90].to_owned(), broken),
        (chunked(APPLIED), broken),
        ("SSH-2.0-OpenSSH\r\n\r\n".to_owned(), http),
        (answer("200 OK", "", "<html>"), json),
        (answer("200 OK", "", "{}"), json),
        (answer("200 OK", "", &format!("{APPLIED}{APPLIED}")), json),
        (answer("204 No Content", "", ""), status),
        (answer("302 Found", "location: /\r\n", ""), status),
        (answer("404 Not Found", "", "<html>"), status),
        (answer("404 Not Found", "", CONFLICT), status),
        (answer("200 OK", "", &huge), large),
        (chunked(&huge), large),
        (answer("409 Conflict", "", CONFLICT), (conflict, conflict)),
        (
            answer("429 Too Many Requests", "retry-after: 7\r\n", LIMITED),
            (limited, limited),
        ),
        (
            answer("503 Service Unavailable", "", UNAVAILABLE),
            (
                "unknown 503; unknown; retry",
                "unavailable 503; nothing done; retry",
            ),
        ),
        (
            answer("502 Bad Gateway", "", "<html>"),
            (
                "unknown 502; unknown; retry",
                "unavailable 502; nothing done; retry",
            ),
        ),
    ];
    rows.into_iter()
        .map(|(sent, (update, read))| (sent, update, read))
        .collect()
}

#[tokio::test]
async fn each_misbehaviour_means_what_it_means() {
    for (sent, update, read) in cases() {
        let bounded = |address| {
            client_with(address, |settings| {
                settings.limits.answer_bytes_max = 4_000;
                settings.limits.page_bytes_max = 4_000;
            })
        };
        let script = Script::answers(&sent).await;
        let result = bounded(script.address)
            .send(&(), &five_more(), &Origin::default())
            .await;
        assert_eq!(told(&result), update, "an update that is answered {sent:?}");
        let script = Script::answers(&sent).await;
        let changes = bounded(script.address);
        let result = changes.changes(&anywhere(), 10, Duration::ZERO).await;
        assert_eq!(told(&result), read, "changes that are answered {sent:?}");
    }
}

#[tokio::test]
async fn a_refusal_is_passed_on_byte_for_byte_with_its_wait() {
    let sent = answer("429 Too Many Requests", "retry-after: 7\r\n", LIMITED);
    let script = Script::answers(&sent).await;
    let error = client(script.address)
        .send(&(), &five_more(), &Origin::default())
        .await;
    let error = error.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    let inventory_http::client::CallError::Refused { body, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(body, LIMITED.as_bytes());
}

#[tokio::test]
async fn chunks_are_an_answer_as_good_as_any() {
    let (head, tail) = APPLIED.split_at(40);
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let script = Script::answers(&format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}{}0\r\n\r\n",
        chunk(head),
        chunk(tail)
    ))
    .await;
    let answered = client(script.address)
        .send(&(), &five_more(), &Origin::default())
        .await;
    assert_eq!(answered.unwrap().body, APPLIED.as_bytes());
}

#[tokio::test]
async fn a_position_that_is_gone_says_where_to_start_again() {
    let sent = answer("410 Gone", "", GONE);
    let gone = "gone Retention; nothing done; give up";
    let changes = client(Script::answers(&sent).await.address);
    let result = changes.changes(&anywhere(), 1, Duration::ZERO).await;
    assert_eq!(told(&result), gone);
}

#[tokio::test]
async fn a_server_that_stalls_costs_no_more_than_its_time() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{";
    for (steps, update, snapshot) in [
        (
            vec![Step::Request, Step::Hang],
            "unknown answer timeout; unknown; retry",
            "unavailable answer timeout; nothing done; retry",
        ),
        (
            vec![Step::Request, Step::Send(head.to_owned()), Step::Hang],
            "unknown answer timeout; unknown; retry",
            "unavailable silence; nothing done; retry",
        ),
    ] {
        let script = Script::run(vec![steps.clone(), steps]).await;
        let client = client_with(script.address, |settings| {
            settings.timeouts.answer = Duration::from_millis(50);
            settings.timeouts.silence = Duration::from_millis(50);
        });
        assert_eq!(
            told(&client.send(&(), &five_more(), &Origin::default()).await),
            update
        );
        assert_eq!(told(&client.snapshot().await), snapshot);
    }
}

#[tokio::test]
async fn nothing_was_done_when_central_was_never_reached() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    drop(taken);
    let result = client(address)
        .send(&(), &five_more(), &Origin::default())
        .await;
    assert_eq!(
        told(&result),
        "unavailable connect; nothing done; retry",
        "{result:?}"
    );
}

#[tokio::test]
async fn a_snapshot_that_is_too_large_or_cut_off_is_none() {
    let flood = "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n";
    for (bytes, expected) in [
        (100_000, "not understood too large; nothing done; retry"),
        (10, "unavailable broken; nothing done; retry"),
    ] {
        let steps = vec![
            Step::Request,
            Step::Send(flood.to_owned()),
            Step::Flood(bytes),
        ];
        let script = Script::run(vec![steps]).await;
        let client = client_with(script.address, |settings| {
            settings.limits.snapshot_bytes_max = 50_000;
        });
        assert_eq!(told(&client.snapshot().await), expected);
    }
}
