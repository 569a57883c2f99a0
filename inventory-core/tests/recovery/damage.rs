//! Acknowledged events that are gone: a start refuses and changes nothing, unless it was told to go on without.

use std::sync::Arc;

use inventory_core::conformance::{adjust, assert_same_image, count};
use inventory_core::engine::{Loss, OpenError};
use inventory_core::machine::{Break, Entry, Head, Ledger, Rejection};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::EventLog;
use inventory_core::vocabulary::Chain;

use crate::broken::GappyLog;
use crate::past::{expect_refused, image, loss, ports, save, six};
use crate::world::{letters, open, request, salvage, state, submit, submit_request};

fn without(entries: &[Arc<Entry>], missing: u64) -> Vec<Arc<Entry>> {
    let left = entries
        .iter()
        .filter(|entry| entry.first.number() != missing);
    left.cloned().collect()
}

/// Starts with what is left: under another epoch, with the loss recorded, and then in good order.
fn expect_salvaged(storage: &MemoryStorage, log: &GappyLog, lost: Loss, poison: usize) {
    let given_up = log.epoch();
    let salvaged = salvage(ports(storage, log)).expect("told to go on");
    assert_eq!(salvaged.report.lost, [lost]);
    assert_eq!(salvaged.report.poison.len(), poison);
    assert!(salvaged.report.is_degraded());
    assert_ne!(log.epoch(), given_up);
    assert_eq!(salvaged.engine.reader().epoch(), log.epoch());
    let written = letters(storage);
    assert_eq!(written.len(), 1 + poison);
    let id = format!("{given_up}/lost-after-{}", lost.after);
    assert!(written.iter().any(|letter| letter.id == id), "{written:?}");

    let again = open(ports(storage, log)).expect("nothing is missing any more");
    assert_eq!((again.report.lost, again.report.poison), (vec![], vec![]));
    assert_eq!(again.report.events_replayed, 0);
    assert_eq!(
        letters(storage),
        written,
        "the second start has nothing to add"
    );
    assert_same_image(
        &again.engine.reader().image(),
        &salvaged.engine.reader().image(),
    );
}

fn is_missing(refused: &OpenError, lost: Loss) -> bool {
    matches!(*refused, OpenError::Missing { after, before } if (Loss { after, before }) == lost)
}

#[test]
fn a_gap_is_refused_or_left_behind_with_its_products_quarantined() {
    let (entries, whole) = six();
    let storage = MemoryStorage::new();
    let log = GappyLog::new(0, whole.head(), &without(&entries, 3));
    let refused = expect_refused(&storage, &log);
    assert!(is_missing(&refused, loss(2, 4)), "{refused:?}");

    // Rice was first written at the lost position: the numbers of its next event add up, and so do those of tea.
    expect_salvaged(&storage, &log, loss(2, 4), 0);
    let mut engine = open(ports(&storage, &log))
        .expect("nothing is missing any more")
        .engine;
    assert_eq!(state(&engine, "tea"), (3, 8, false));
    assert_eq!(state(&engine, "rice"), (3, 3, false));
    // Which keys were lost nobody knows: none is promised that was recorded by then.
    let since = engine.reader().read(Ledger::keys_remembered_since);
    let newest = entries.iter().map(|entry| entry.recorded_at).max();
    assert!(Some(since) > newest, "{since} and {newest:?}");
    let receipt = submit(&mut engine, adjust("tea", "north", -1)).expect("there is enough tea");
    assert_eq!(
        receipt.entry.first.number(),
        7,
        "no position is given twice"
    );
}

#[test]
fn a_product_that_nothing_is_heard_of_after_a_gap_waits_for_a_count() {
    let (entries, whole) = six();
    let storage = MemoryStorage::new();
    let log = GappyLog::new(0, whole.head(), &without(&entries, 4));
    expect_salvaged(&storage, &log, loss(3, 5), 0);
    let mut engine = open(ports(&storage, &log))
        .expect("nothing is missing any more")
        .engine;
    assert_eq!(state(&engine, "tea"), (2, 9, true));
    assert_eq!(state(&engine, "rice"), (3, 3, false));
    let refused = submit(&mut engine, adjust("tea", "north", -1));
    assert!(
        matches!(refused, Err(Rejection::Quarantined { .. })),
        "{refused:?}"
    );
    submit(&mut engine, count("tea", "north", 8)).expect("a count is always taken");
    assert_eq!(state(&engine, "tea"), (3, 8, false));
}

#[test]
fn positions_that_the_log_promises_and_does_not_have_are_missing() {
    let (entries, whole) = six();
    let storage = MemoryStorage::new();
    let log = GappyLog::new(0, whole.head(), &entries[..4]);
    let refused = expect_refused(&storage, &log);
    assert!(is_missing(&refused, loss(4, 7)), "{refused:?}");
    expect_salvaged(&storage, &log, loss(4, 7), 0);
    let mut engine = open(ports(&storage, &log))
        .expect("nothing is missing any more")
        .engine;
    let refused = submit(&mut engine, adjust("tea", "north", -1));
    assert!(
        matches!(refused, Err(Rejection::Quarantined { .. })),
        "{refused:?}"
    );
    let receipt = submit(&mut engine, count("tea", "north", 8)).expect("a count is always taken");
    assert_eq!(
        receipt.entry.first.number(),
        7,
        "no position is given twice"
    );
}

#[test]
fn positions_between_the_snapshot_and_the_log_are_missing() {
    let (entries, whole) = six();
    let storage = MemoryStorage::new();
    save(&storage, image(&entries[..2]));
    let log = GappyLog::new(4, whole.head(), &entries[4..]);
    let refused = expect_refused(&storage, &log);
    assert!(is_missing(&refused, loss(2, 5)), "{refused:?}");
    expect_salvaged(&storage, &log, loss(2, 5), 0);
}

#[test]
fn a_log_that_ends_before_its_snapshot_is_refused_or_goes_on_from_the_snapshot() {
    let (entries, whole) = six();
    let storage = MemoryStorage::new();
    save(&storage, whole);
    let log = GappyLog::new(0, Head::after(&entries[3]), &entries[..4]);
    let refused = expect_refused(&storage, &log);
    assert!(
        matches!(refused, OpenError::LogEndsBeforeSnapshot { log, snapshot }
            if (log.number(), snapshot.number()) == (4, 6)),
        "{refused:?}"
    );
    expect_salvaged(&storage, &log, loss(4, 7), 0);
    let mut engine = open(ports(&storage, &log))
        .expect("nothing is missing any more")
        .engine;
    // What the log has lost may go on after what the snapshot has.
    assert_eq!(state(&engine, "tea"), (3, 8, true));
    let again = request("key-6", vec![adjust("rice", "north", -1)]);
    let receipt = submit_request(&mut engine, &again).expect("the first answer again");
    assert!(
        receipt.replayed,
        "the snapshot remembers what the log has lost"
    );
}

#[test]
fn a_history_that_lost_what_a_snapshot_covers_is_left_behind_too() {
    let (entries, whole) = six();
    let storage = MemoryStorage::new();
    save(&storage, image(&entries[..4]));
    let log = GappyLog::new(0, whole.head(), &without(&entries, 2)).knows_of_a_loss();
    let given_up = log.epoch();
    let salvaged = salvage(ports(&storage, &log)).expect("told to go on");
    // Only the adapter has seen the loss, and has recorded it by itself.
    assert_eq!(salvaged.report.lost, []);
    assert!(log.is_whole());
    assert_ne!(
        log.epoch(),
        given_up,
        "followers must not go on as if nothing were missing"
    );
    // Nothing says that the snapshot has all that was lost.
    for product in ["tea", "rice"] {
        assert!(state(&salvaged.engine, product).2, "{product}");
    }
    let again = open(ports(&storage, &log)).expect("nothing is missing any more");
    assert_same_image(
        &again.engine.reader().image(),
        &salvaged.engine.reader().image(),
    );
}

#[test]
fn a_log_that_does_not_go_on_from_its_snapshot_is_refused() {
    let (entries, whole) = six();
    let mut forged = Entry::clone(&entries[5]);
    forged.chain = Chain::from_bits(1);
    let forged = Arc::new(forged);
    let other = [&entries[..5], &[Arc::clone(&forged)]].concat();
    // At the head, where nothing is replayed, and after it.
    for covered in [6, 5] {
        let storage = MemoryStorage::new();
        save(&storage, image(&entries[..covered]));
        let log = GappyLog::new(0, Head::after(&forged), &other);
        let refused = expect_refused(&storage, &log);
        assert!(
            matches!(refused, OpenError::OtherHistory { at: Break::OtherHistory { at } }
                if at == whole.head().sequence),
            "{refused:?}"
        );
    }
}
