//! The same key again, until the outcome is known.

use inventory_http::client::{Origin, new_key};
use tokio::time::{Duration, Instant};

use crate::script::{Script, Step, answer};
use crate::world::{APPLIED, PATIENCE, answered, central, client, five_more, losing_answers, told};

const UNAVAILABLE: &str = r#"{"code":"unavailable","message":"later","details":[]}"#;
const LIMITED: &str = r#"{"code":"rate_limited","message":"slowly","details":[]}"#;
const UNAUTHORIZED: &str = r#"{"code":"unauthorized","message":"who?","details":[]}"#;
const CONFLICT: &str = r#"{"code":"conflict","message":"stale","details":[]}"#;

fn then(sent: &str) -> Vec<Step> {
    vec![Step::Request, Step::Send(sent.to_owned())]
}

fn soon() -> Instant {
    Instant::now() + PATIENCE
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_lost_is_found_with_the_same_key_and_the_effect_is_one() {
    let running = central().await;
    let way = client(losing_answers(running.address(), 3).await);
    let update = five_more();
    let lost = way.send(&(), &update, &Origin::default()).await;
    assert_eq!(told(&lost), "unknown broken; unknown; retry");

    let found = answered(
        way.send_until(&(), &update, &Origin::default(), soon())
            .await,
    );
    assert!(found.replayed);
    assert_eq!(found.answer.store_quantity.units(), 5);

    // Another key is another intent.
    let mut other = update.clone();
    other.idempotency_key = Some(new_key());
    let second = answered(
        way.send_until(&(), &other, &Origin::default(), soon())
            .await,
    );
    assert_eq!(second.answer.store_quantity.units(), 10);

    let direct = client(running.address());
    let again = answered(direct.send(&(), &update, &Origin::default()).await);
    assert_eq!(again.body, found.body);
    let snapshot = direct.snapshot().await.unwrap();
    assert_eq!(snapshot.last_offset.number(), 2);
}

#[tokio::test]
async fn attempts_go_on_while_they_help_and_all_have_the_same_key() {
    let ok = answer("200 OK", "", APPLIED);
    let later = answer("503 Service Unavailable", "retry-after: 0\r\n", UNAVAILABLE);
    let limited = answer("429 Too Many Requests", "retry-after: 0\r\n", LIMITED);
    let unauthorized = answer("401 Unauthorized", "", UNAUTHORIZED);
    let conflict = answer("409 Conflict", "", CONFLICT);
    let far = answer(
        "503 Service Unavailable",
        "retry-after: 60\r\n",
        UNAVAILABLE,
    );
    for (sent, expected) in [
        (
            vec!["", "HTTP/1.1 2", "SSH\r\n\r\n", &later, &limited, &ok],
            "ok",
        ),
        (
            vec![&unauthorized],
            "refused 401 unauthorized; nothing done; give up",
        ),
        (
            vec!["", &unauthorized],
            "unknown unauthorized; unknown; give up",
        ),
        (
            vec!["", &conflict],
            "refused 409 conflict; nothing done; give up",
        ),
        (vec![&limited, &far], "unknown 503; unknown; retry"),
    ] {
        let connections: Vec<_> = sent
            .iter()
            .map(|sent| {
                // Each has its own, so that the number of attempts is that of connections.
                then(&sent.replacen("\r\n", "\r\nconnection: close\r\n", 1))
            })
            .collect();
        let script = Script::run(connections).await;
        let update = five_more();
        let result = client(script.address)
            .send_until(&(), &update, &Origin::default(), soon())
            .await;
        assert_eq!(told(&result), expected, "{sent:?}");
        let requests = script.requests();
        assert_eq!(requests.len(), sent.len(), "{sent:?}");
        let key = update.idempotency_key.unwrap();
        assert!(
            requests
                .iter()
                .all(|request| request.contains(key.as_str()))
        );
    }
}

#[tokio::test]
async fn a_deadline_ends_an_attempt_that_hangs() {
    let script = Script::run(vec![vec![Step::Request, Step::Hang]]).await;
    let deadline = Instant::now() + Duration::from_millis(50);
    let result = client(script.address)
        .send_until(&(), &five_more(), &Origin::default(), deadline)
        .await;
    assert_eq!(told(&result), "unknown answer timeout; unknown; retry");
}
