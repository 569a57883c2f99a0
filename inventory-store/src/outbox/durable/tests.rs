//! What is seen of an outbox, and what becomes of its file.

use std::fs;
use std::time::Duration;

use inventory_core::vocabulary::{Adjustment, IdempotencyKey, Version};
use inventory_http::wire::Update;
use inventory_log::testing::{Call, Fault, SimDisk};

use super::*;
use crate::logs;
use crate::outbox::Reason;

fn open(directory: &Directory) -> DurableOutbox {
    let opened =
        DurableOutbox::open(directory, OutboxLimits::default(), OnConflict::default()).unwrap();
    assert_eq!(opened.1, None);
    opened.0
}

/// A key of a till without a name.
fn named(key: &str) -> IntentKey {
    key.parse::<IdempotencyKey>().unwrap().into()
}

pub(crate) fn sale(key: &str) -> Intent {
    let update = Update::new(
        "north".parse().unwrap(),
        "tea".parse().unwrap(),
        Adjustment::new(-1).unwrap(),
        None,
    );
    Intent::new(named(key), update, Timestamp::UNIX_EPOCH, None)
}

#[test]
fn after_a_failed_write_nothing_is_taken_or_sent_until_the_file_was_written_anew() {
    let disk = SimDisk::new(1);
    let directory = Directory::lock(Arc::new(disk.clone())).unwrap().unwrap();
    let now = Timestamp::UNIX_EPOCH;
    let mut outbox = open(&directory);
    outbox.change(Change::Enqueue(sale("a")), now).unwrap();

    disk.arm(Some(Call::Sync), 1, Fault::SyncLosesPages);
    let both = ["b", "c"].map(|key| Change::Enqueue(sale(key)));
    for answer in outbox.change_all(&both, now) {
        assert!(matches!(answer, Err(ChangeError::Failed(_))));
    }
    let calls = disk.calls();
    let settled = outbox.change(Change::Settle(named("a")), now);
    assert!(matches!(settled, Err(ChangeError::Failed(_))));
    assert!(outbox.start(9, now, |_| false).is_err() && outbox.failure().is_some());
    assert_eq!(outbox.outbox().queued_count(), 1, "what was durable");
    assert_eq!(disk.calls(), calls, "the disk was asked again");

    outbox.heal().unwrap();
    assert!(outbox.failure().is_none());
    let again = outbox.change(Change::Enqueue(sale("b")), now);
    assert!(matches!(again, Ok(Changed::Done)));
    let next = outbox.start(9, now, |_| false).unwrap();
    let keys: Vec<_> = next
        .iter()
        .map(|intent| intent.key().idempotency_key.as_str())
        .collect();
    assert_eq!(keys, ["a", "b"]);
    drop(outbox);
    assert_eq!(open(&directory).outbox().queued_count(), 2);
}

#[test]
fn a_file_of_history_is_written_anew() {
    let temporary = tempfile::tempdir().unwrap();
    let directory = Directory::open(temporary.path()).unwrap();
    let now = Timestamp::UNIX_EPOCH;
    let mut outbox = open(&directory);
    let keep = Change::Enqueue(sale("keep"));
    outbox.change(keep, now).unwrap();
    let (mut longest, mut last) = (0, 0);
    for round in 0..12 {
        let keys = (0..250).map(|at| format!("{round}-{at}"));
        let queue: Vec<_> = keys.map(|key| Change::Enqueue(sale(&key))).collect();
        assert!(outbox.change_all(&queue, now).iter().all(Result::is_ok));
        let settle = queue.iter().filter_map(Change::key).cloned();
        let settle: Vec<_> = settle.map(Change::Settle).collect();
        assert!(outbox.change_all(&settle, now).iter().all(Result::is_ok));
        last = directory.read(FILE).unwrap().unwrap().len();
        longest = longest.max(last);
    }
    assert!(longest < 512 * 1024, "{longest} bytes");
    assert!(last < longest, "it was never written anew");
    drop(outbox);
    assert_eq!(open(&directory).outbox().queued_count(), 1);
}

/// What is in the way of the new file is in the way of nothing else.
#[test]
fn a_file_of_history_that_cannot_be_written_anew_grows_on_and_that_is_said() {
    logs::listen();
    let temporary = tempfile::tempdir().unwrap();
    let directory = Directory::open(temporary.path()).unwrap();
    let now = Timestamp::UNIX_EPOCH;
    let mut outbox = open(&directory);
    outbox.change(Change::Enqueue(sale("keep")), now).unwrap();
    let in_the_way = temporary.path().join("outbox.log.jsonl.tmp");
    fs::create_dir(&in_the_way).unwrap();
    fs::write(in_the_way.join("file"), b"").unwrap();
    for round in 0..12 {
        let keys = (0..250).map(|at| format!("{round}-{at}"));
        let queue: Vec<_> = keys.map(|key| Change::Enqueue(sale(&key))).collect();
        assert!(outbox.change_all(&queue, now).iter().all(Result::is_ok));
        let settle = queue.iter().filter_map(Change::key).cloned();
        let settle: Vec<_> = settle.map(Change::Settle).collect();
        assert!(outbox.change_all(&settle, now).iter().all(Result::is_ok));
    }
    let bytes = directory.read(FILE).unwrap().unwrap().len();
    assert!(bytes > 512 * 1024, "{bytes} bytes");
    let line = "the outbox could not be written anew and grows on";
    let said = logs::count(&["WARN", line, "os error"]);
    assert!((1..4).contains(&said), "it is tried much later: {said}");
    drop(outbox);
    fs::remove_dir_all(&in_the_way).unwrap();
    assert_eq!(open(&directory).outbox().queued_count(), 1);
}

#[test]
fn a_stale_version_is_parked_or_taken_off_once() {
    let now = Timestamp::UNIX_EPOCH;
    let mut guarded = sale("a").update().clone();
    guarded.version = Some(Version::new(1).unwrap());
    let intent = Intent::new(named("a"), guarded, now, None);
    let conflict = Change::Conflict {
        key: named("a"),
        reason: Reason::new("conflict", "the product is at version 2"),
    };
    for (policy, parked_after) in [(OnConflict::Park, 1), (OnConflict::Rebase, 2)] {
        let mut outbox = Outbox::new(OutboxLimits::default(), policy);
        outbox
            .evolve(&Record::Queued {
                intent: intent.clone(),
            })
            .unwrap();
        for round in 1..=parked_after {
            assert_eq!(outbox.parked_count(), 0, "{policy:?}");
            let sent = outbox.start(9, now, |_| false);
            assert_eq!(sent[0].update().version.is_some(), round == 1);
            for record in outbox.decide(&conflict, Ahead::default(), now).unwrap() {
                outbox.evolve(&record).unwrap();
            }
        }
        assert_eq!(outbox.parked_count(), 1, "{policy:?}");
    }
}

fn keys(intents: &[Intent]) -> Vec<&str> {
    intents
        .iter()
        .map(|intent| intent.key().idempotency_key.as_str())
        .collect()
}

/// The clock of a machine without a battery was years behind while it queued, and is right after the next start.
#[test]
fn what_was_queued_by_a_wrong_clock_is_as_old_as_central_bears_out() {
    let temporary = tempfile::tempdir().unwrap();
    let directory = Directory::open(temporary.path()).unwrap();
    let (wrong, right) = (
        Timestamp::UNIX_EPOCH,
        Timestamp::UNIX_EPOCH.plus_millis(1 << 40),
    );
    let mut outbox = open(&directory);
    let intent = sale("a").known(Some(right), false);
    outbox.change(Change::Enqueue(intent), wrong).unwrap();
    drop(outbox);
    let heard = |later_ms| Heard {
        now: Some(right.plus_millis(later_ms)),
        keys_remembered_since: None,
    };
    let age_max = OutboxLimits::default().age_max.as_millis() as u64;
    for (said, is_sent) in [
        (None, true),
        (Some(60_000), true),
        (Some(age_max + 1), false),
    ] {
        let mut outbox = open(&directory);
        outbox.resume(right);
        said.into_iter()
            .for_each(|later_ms| outbox.hear(heard(later_ms)));
        let sent = outbox
            .start(9, right.plus_millis(60_000), |_| false)
            .unwrap();
        assert_eq!(sent.len(), usize::from(is_sent), "{said:?}");
        let parked = outbox.outbox().parked_count();
        assert_eq!(parked, usize::from(!is_sent), "{said:?}");
    }
}

#[test]
fn what_may_have_been_applied_is_not_sent_once_central_has_forgotten_keys() {
    let temporary = tempfile::tempdir().unwrap();
    let directory = Directory::open(temporary.path()).unwrap();
    let now = Timestamp::UNIX_EPOCH.plus_millis(1 << 40);
    let mut outbox = open(&directory);
    let queue = |key: &str| {
        let intent = Intent::new(named(key), sale(key).update().clone(), now, None);
        Change::Enqueue(intent.known(Some(now), false))
    };
    outbox.change_all(&[queue("sent"), queue("also sent")], now);
    assert_eq!(outbox.start(9, now, |_| false).unwrap().len(), 2);
    // The process ends before any answer.
    drop(outbox);
    let mut outbox = open(&directory);
    outbox.change(queue("sent later"), now).unwrap();
    let again = outbox.start(9, now, |_| false).unwrap();
    assert_eq!(keys(&again), ["sent", "also sent", "sent later"]);
    outbox.stop([&named("also sent"), &named("sent")]);
    let lost = Change::Settle(named("sent"));
    outbox.change(lost, now).unwrap();
    outbox.stop([&named("sent later")]);
    outbox.change(queue("new"), now).unwrap();
    outbox.hear(Heard {
        now: Some(now),
        keys_remembered_since: Some(now.plus_millis(1)),
    });
    let sent = outbox.start(9, now, |_| false).unwrap();
    assert_eq!(keys(&sent), ["new"]);
    let reasons: Vec<_> = {
        let outbox = outbox.outbox();
        let parked = outbox.parked();
        parked
            .map(|one| (one.intent.key().to_string(), one.reason.code().to_owned()))
            .collect()
    };
    let forgotten = |key: &str| (key.to_owned(), "forgotten".to_owned());
    assert_eq!(reasons, [forgotten("also sent"), forgotten("sent later")]);
    let retry = Change::Retry {
        key: named("also sent"),
        version: None,
    };
    outbox.change(retry, now).unwrap();
    outbox.stop([&named("new")]);
    outbox.change(Change::Settle(named("new")), now).unwrap();
    let sent = outbox.start(9, now, |_| false).unwrap();
    assert_eq!(
        keys(&sent),
        ["also sent"],
        "a person has looked at the stock"
    );
}

#[test]
fn what_has_waited_too_long_is_parked_and_not_sent() {
    let temporary = tempfile::tempdir().unwrap();
    let directory = Directory::open(temporary.path()).unwrap();
    let mut outbox = open(&directory);
    let start = Timestamp::UNIX_EPOCH;
    outbox.change(Change::Enqueue(sale("a")), start).unwrap();
    let age_max = OutboxLimits::default().age_max;
    let late = start.plus_millis(age_max.as_millis() as u64 + 1);
    assert_eq!(
        outbox.outbox().oldest_age(late),
        Some(age_max + Duration::from_millis(1))
    );
    assert_eq!(outbox.start(9, late, |_| false).unwrap(), []);
    let parked = outbox.outbox().parked().next().cloned().unwrap();
    assert_eq!(parked.reason.code(), "expired");

    let retry = Change::Retry {
        key: named("a"),
        version: None,
    };
    outbox.change(retry, late).unwrap();
    let sent = outbox.start(9, late, |_| false).unwrap();
    assert_eq!(sent[0].queued_at(), late, "its age starts again");
}
