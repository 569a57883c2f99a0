//! Which connection a call takes, and what happens when it was closed meanwhile.

use std::time::Duration;

use crate::script::{Script, Step, answer};
use crate::world::{APPLIED, answered, anywhere, client, client_with, five_more, told};
use inventory_http::client::Origin;

fn one() -> [Step; 2] {
    [Step::Request, Step::Send(answer("200 OK", "", APPLIED))]
}

#[tokio::test]
async fn a_connection_serves_one_call_after_another() {
    let script = Script::run(vec![[one(), one(), one()].concat()]).await;
    let client = client(script.address);
    for _ in 0..3 {
        answered(client.send(&(), &five_more(), &Origin::default()).await);
    }
    assert_eq!(script.requests().len(), 3);
}

#[tokio::test]
async fn a_connection_that_was_closed_between_calls_costs_nothing() {
    let mut script = Script::run(vec![one().to_vec(), one().to_vec()]).await;
    let client = client(script.address);
    answered(client.send(&(), &five_more(), &Origin::default()).await);
    script.closed(1).await;
    answered(client.send(&(), &five_more(), &Origin::default()).await);
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn an_update_that_was_sent_on_a_dying_connection_is_not_sent_again_unasked() {
    let dies = [one().to_vec(), vec![Step::Request]].concat();
    let script = Script::run(vec![dies, one().to_vec()]).await;
    let client = client(script.address);
    answered(client.send(&(), &five_more(), &Origin::default()).await);
    let result = client.send(&(), &five_more(), &Origin::default()).await;
    assert_eq!(told(&result), "unknown broken; unknown; retry");
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn a_read_that_was_sent_on_a_dying_connection_is_sent_again() {
    let dies = [one().to_vec(), vec![Step::Request]].concat();
    let page = r#"{"events":[],"nextOffset":0,"hasMore":false,"headOffset":0,"epoch":"00000000000000000000000000000001"}"#;
    let page = vec![Step::Request, Step::Send(answer("200 OK", "", page))];
    let script = Script::run(vec![dies, page]).await;
    let client = client(script.address);
    answered(client.send(&(), &five_more(), &Origin::default()).await);
    let changes = client.changes(&anywhere(), 1, Duration::ZERO).await;
    assert_eq!(changes.unwrap().events, []);
    assert_eq!(script.requests().len(), 3);
}

#[tokio::test]
async fn an_old_connection_is_not_used_again() {
    let script = Script::run(vec![one().to_vec(), one().to_vec()]).await;
    let client = client_with(script.address, |settings| {
        settings.timeouts.kept = Duration::ZERO;
    });
    answered(client.send(&(), &five_more(), &Origin::default()).await);
    answered(client.send(&(), &five_more(), &Origin::default()).await);
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn calls_beyond_the_bound_wait_for_a_connection_and_not_for_ever() {
    let script = Script::run(vec![vec![Step::Request, Step::Hang]]).await;
    let client = client_with(script.address, |settings| {
        settings.connections_max = 1;
        settings.timeouts.connect = Duration::from_millis(200);
    });
    let (first, second) = (five_more(), five_more());
    let nobody = Origin::default();
    let result = tokio::select! {
        biased;
        never = client.send(&(), &first, &nobody) => panic!("{never:?}"),
        result = client.send(&(), &second, &nobody) => result,
    };
    assert_eq!(told(&result), "unavailable busy; nothing done; retry");
}
