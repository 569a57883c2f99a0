//! What an answer leads to, case by case.

use std::time::Duration;

use bytes::Bytes;
use inventory_core::vocabulary::{Adjustment, IdempotencyKey};
use inventory_http::kit::ApiError;
use inventory_http::wire::Code;
use inventory_http::wire::Update;

use super::*;
use crate::client::{CallError, Failure, Misfit, Outcome};

fn intents(count: usize) -> Vec<Intent> {
    let intent = |number: usize| {
        let update = Update::new(
            "north".parse().unwrap(),
            format!("p{number}").parse().unwrap(),
            Adjustment::new(-1).unwrap(),
        );
        let key: IdempotencyKey = format!("k{number}").parse().unwrap();
        Intent::new(key.into(), update, Timestamp::UNIX_EPOCH, None)
    };
    (0..count).map(intent).collect()
}

fn refused(error: ApiError) -> CallError {
    CallError::Refused {
        status: error.code().status().as_u16(),
        error: Box::new(error.body().clone()),
        body: Bytes::new(),
        retry_after: None,
    }
}

fn answered(status: u16) -> CallError {
    CallError::Unknown {
        retry_after: None,
        source: Failure::Answered {
            status,
            error: None,
        },
    }
}

fn unknown(status: u16, code: &str) -> CallError {
    CallError::NotUnderstood {
        status: Some(status),
        outcome: Outcome::Unknown,
        source: Misfit::Code {
            code: code.to_owned(),
            message: "no".to_owned(),
        },
    }
}

fn fail(rules: &mut Sending, at: u64, batch: &[Intent], error: &CallError) -> Judged {
    let (now, wall) = (Millis::new(at), Timestamp::UNIX_EPOCH);
    rules.failed(now, wall, batch, Trouble::from(error))
}

#[test]
fn only_what_central_says_of_an_intent_parks_it_and_all_else_stops_the_queue() {
    let of_row = ApiError::field("updates[0].delta", "is too large");
    let parks = [
        refused(ApiError::new(Code::Conflict, "no")),
        refused(ApiError::new(Code::Unprocessable, "no")),
        refused(ApiError::new(Code::Quarantined, "no")),
        refused(of_row),
        unknown(422, "embargoed"),
        unknown(418, "teapot"),
    ];
    for error in &parks {
        let mut rules = Sending::new(1);
        let judged = fail(&mut rules, 0, &intents(1), error);
        assert!(
            matches!(&judged.changes[..], [Change::Park { .. }]),
            "{error:?}"
        );
        assert_eq!((judged.back.len(), rules.blocked()), (0, None), "{error:?}");
    }
    let codes = [
        Code::Unauthorized,
        Code::Forbidden,
        Code::NotFound,
        Code::MethodNotAllowed,
        Code::RequestTimeout,
        Code::PayloadTooLarge,
        Code::UnsupportedMediaType,
        Code::RateLimited,
        Code::BadRequest,
    ];
    let stops = codes.map(|code| refused(ApiError::new(code, "no")));
    let others = [
        answered(502),
        answered(503),
        unknown(403, "waf"),
        unknown(405, "gate"),
        unknown(300, "redirected"),
        CallError::Unknown {
            retry_after: None,
            source: Failure::AnswerTimeout,
        },
        CallError::Unavailable {
            retry_after: None,
            source: Failure::ConnectTimeout,
        },
    ];
    for error in stops.iter().chain(&others) {
        let mut rules = Sending::new(1);
        let judged = fail(&mut rules, 0, &intents(1), error);
        assert_eq!(
            (judged.changes.len(), judged.back.len()),
            (0, 1),
            "{error:?}"
        );
        assert!(rules.blocked().is_some(), "{error:?}");
        assert!(rules.waits_until(Millis::new(0)).is_some(), "{error:?}");
    }
}

#[test]
fn a_queue_that_is_stopped_is_tried_less_and_less_often_and_at_once_when_central_is_back() {
    let mut rules = Sending::new(1);
    let (mut now, mut waits) = (0, Vec::new());
    for _ in 0..12 {
        fail(&mut rules, now, &intents(3), &answered(503));
        let until = rules.waits_until(Millis::new(now)).unwrap().number();
        waits.push(until - now);
        now = until;
    }
    assert!(waits[0] <= 200 && waits.iter().all(|wait| (100..=15_000).contains(wait)));
    assert!(waits[11] >= 7_500, "{waits:?}");
    assert_eq!(rules.blocked().unwrap().since, Timestamp::UNIX_EPOCH);
    fail(&mut rules, now, &intents(3), &answered(503));
    rules.connected();
    assert_eq!(rules.waits_until(Millis::new(now)), None);
    rules.answered(Millis::new(now), &intents(1), &[Row::Applied]);
    assert_eq!(rules.blocked(), None);
}

/// Central fails whenever one intent of many is sent: the others are sent within a few calls.
#[test]
fn a_poison_is_found_by_halves_and_holds_up_no_other() {
    let error = answered(500);
    let (mut rules, mut queue) = (Sending::new(1), intents(400));
    let poison = queue[137].key().clone();
    let mut calls = 0;
    while queue.len() > 1 {
        calls += 1;
        assert!(calls < 40, "{} are left", queue.len());
        let now = Millis::new(calls);
        assert_eq!(rules.waits_until(now), None, "the queue goes on");
        let aside = rules.aside(now);
        let sendable = queue
            .iter()
            .filter(|intent| !aside.contains(intent.product()));
        let batch: Vec<_> = sendable.take(rules.batch()).cloned().collect();
        if batch.iter().any(|intent| *intent.key() == poison) {
            let judged = fail(&mut rules, calls, &batch, &error);
            assert!(
                judged.changes.is_empty(),
                "it is not parked: central may be mended"
            );
        } else {
            let rows = vec![Row::Applied; batch.len()];
            let judged = rules.answered(now, &batch, &rows);
            assert_eq!(judged.changes.len(), batch.len());
            queue.retain(|intent| !batch.contains(intent));
        }
    }
    assert_eq!(queue[0].key(), &poison);
    assert!(rules.holds(queue[0].product()) && rules.blocked().is_none());
}

#[test]
fn a_central_that_fails_at_everything_is_not_asked_about_each_intent() {
    let (mut rules, intents) = (Sending::new(1), intents(100));
    let mut calls = 0;
    while rules.blocked().is_none() {
        calls += 1;
        assert!(calls < 20);
        let aside = rules.aside(Millis::new(calls));
        let batch: Vec<_> = intents
            .iter()
            .filter(|intent| !aside.contains(intent.product()))
            .take(rules.batch())
            .cloned()
            .collect();
        fail(&mut rules, calls, &batch, &answered(500));
    }
    assert!(rules.products_aside().len() <= 2);
}

#[test]
fn a_row_that_fails_goes_aside_for_longer_and_longer() {
    let (mut rules, batch) = (Sending::new(1), intents(2));
    let failed = Row::Failed(Reason::new("internal", "a fault"));
    let mut now = 0;
    for round in 0..10 {
        let judged = rules.answered(Millis::new(now), &batch, &[failed.clone(), Row::Applied]);
        assert_eq!((judged.changes.len(), judged.back.len()), (1, 1));
        let until = rules.aside_until(Millis::new(now)).unwrap();
        let wait = until.since(Millis::new(now));
        assert!(wait <= Duration::from_secs(60));
        assert!(round < 9 || wait >= Duration::from_secs(30));
        now = until.number();
        assert!(
            rules.aside(Millis::new(now)).is_empty(),
            "it is tried again"
        );
    }
    rules.answered(Millis::new(now), &batch, &[Row::Applied, Row::Applied]);
    assert_eq!(rules.products_aside().len(), 0);
}
