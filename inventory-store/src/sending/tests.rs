//! What an answer leads to, case by case.

use std::time::Duration;

use bytes::Bytes;
use inventory_core::vocabulary::{Adjustment, IdempotencyKey};
use inventory_http::server::ApiError;
use inventory_http::wire::Code;
use inventory_http::wire::Update;

use super::*;
use inventory_http::client::{CallError, Effect, Failure, InvalidAnswer};

fn intents(count: usize) -> Vec<Intent> {
    let intent = |number: usize| {
        let update = Update::new(
            "north".parse().unwrap(),
            format!("p{number}").parse().unwrap(),
            Adjustment::new(-1).unwrap(),
            None,
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
        effect: Effect::Unknown,
        source: InvalidAnswer::Code {
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

/// A queue, and a central that fails whenever one of some intents is sent to it.
struct Queue {
    rules: Sending,
    queued: Vec<Intent>,
    now: u64,
    calls: u64,
}

impl Queue {
    fn new(count: usize) -> Self {
        Self {
            rules: Sending::new(1),
            queued: intents(count),
            now: 0,
            calls: 0,
        }
    }

    /// Sends what may be sent next, as soon as anything may.
    fn send(&mut self, fails: impl Fn(&Intent) -> bool) -> Judged {
        loop {
            let now = Millis::new(self.now);
            let due = self.rules.waits_until(now);
            let batch = match due {
                Some(_) => Vec::new(),
                None => self.batch(now),
            };
            if batch.is_empty() {
                let due = due.or_else(|| self.rules.aside_until(now));
                self.now = due.expect("something is queued").number();
                continue;
            }
            self.calls += 1;
            self.now += 1;
            if batch.iter().any(&fails) {
                let judged = fail(&mut self.rules, self.now, &batch, &answered(500));
                assert!(
                    judged.changes.is_empty(),
                    "it is not parked: central may be mended"
                );
                return judged;
            }
            let rows = vec![Row::Applied; batch.len()];
            let judged = self.rules.answered(Millis::new(self.now), &batch, &rows);
            assert_eq!(judged.changes.len(), batch.len());
            self.queued.retain(|intent| !batch.contains(intent));
            return judged;
        }
    }

    fn batch(&self, now: Millis) -> Vec<Intent> {
        let batches = self.rules.turns(now).map(|aside| {
            let queued = self.queued.iter();
            let sendable = queued.filter(|intent| !aside.contains(intent.product()));
            let batch: Vec<_> = sendable.take(self.rules.batch()).cloned().collect();
            batch
        });
        let mut batches = batches.filter(|batch| !batch.is_empty());
        batches.next().unwrap_or_default()
    }
}

/// Central fails whenever one intent of many is sent: the others are sent within a few calls.
#[test]
fn a_poison_is_found_by_halves_and_holds_up_no_other() {
    let mut queue = Queue::new(400);
    let poison = queue.queued[137].key().clone();
    while queue.queued.len() > 1 {
        assert!(queue.calls < 40, "{} are left", queue.queued.len());
        queue.send(|intent| *intent.key() == poison);
        assert_eq!(queue.rules.blocked(), None, "the queue goes on");
    }
    let left = &queue.queued[0];
    assert_eq!(left.key(), &poison);
    assert!(queue.rules.holds(left.product()));
}

/// Three that fail one after the other were taken for a central that fails, and blocked all others for ever.
#[test]
fn however_many_fail_one_after_the_other_all_others_are_sent_and_each_is_told_once() {
    for poisons in [3, 10, 40] {
        let mut queue = Queue::new(2_000);
        let is_poison = |intent: &Intent| {
            let number: usize = intent.product().as_str()[1..].parse().unwrap();
            (137..137 + poisons).contains(&number)
        };
        let mut told = Vec::new();
        while queue.queued.len() > poisons {
            assert!(queue.calls < 2_000, "{} are left", queue.queued.len());
            told.extend(queue.send(is_poison).aside);
        }
        assert!(queue.queued.iter().all(is_poison));
        assert!(queue.now < 30 * 60_000, "{poisons}: {} ms", queue.now);
        // Once all others are sent, only what fails is left to be tried: it is told of while the queue is not stopped.
        let named: BTreeSet<_> = told.iter().cloned().collect();
        assert_eq!(named.len(), told.len(), "{poisons}");
        assert!(named.len() >= 2);
        assert_eq!(queue.rules.products_aside().len(), poisons);
    }
}

#[test]
fn a_central_that_fails_at_everything_is_asked_seldom_and_all_is_sent_soon_after_it_is_mended() {
    let mut queue = Queue::new(10_000);
    let mut told = 0;
    while queue.rules.blocked().is_none() {
        assert!(queue.calls < 20);
        told += queue.send(|_| true).aside.len();
    }
    let begun = (queue.now, queue.calls);
    while queue.now < begun.0 + 60 * 60_000 {
        told += queue.send(|_| true).aside.len();
    }
    let calls = queue.calls - begun.1;
    assert!(calls < 60 * 60_000 / 7_500 + 20, "{calls} in an hour");
    assert_eq!(told, 2, "what is wrong is central");
    let mended = queue.now;
    while !queue.queued.is_empty() {
        queue.send(|_| false);
    }
    assert!(queue.now < mended + 75_000, "{} ms", queue.now - mended);
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
            rules.turns(Millis::new(now)).all(|aside| aside.is_empty()),
            "it is tried again"
        );
    }
    rules.answered(Millis::new(now), &batch, &[Row::Applied, Row::Applied]);
    assert_eq!(rules.products_aside().len(), 0);
}
