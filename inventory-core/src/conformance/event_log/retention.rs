//! What is kept, and what is given up.

use super::harness::{Harness, append, read_all};
use crate::conformance::History;
use crate::machine::Head;
use crate::ports::ReadError;
use crate::vocabulary::{Chain, Epoch, Sequence, Timestamp};

/// `purge` must keep every position above `through`, and may keep more.
pub fn purge_keeps_every_position_above_through(harness: &impl Harness) {
    let mut history = History::new();
    let mut log = harness.open();
    let mut written = Vec::new();
    for _ in 0..10 {
        let entries = history.deliveries(3);
        append(&mut *log, &entries);
        written.extend(entries);
    }
    let mut highest = Sequence::START;
    // Nothing, in the middle of an entry, at its end, back again, further on.
    for through in [0, 7, 8, 3, 31, 59] {
        let through = Sequence::new(through);
        highest = highest.max(through);
        log.purge(through).expect("healthy storage purges");
        let reader = log.reader();
        let floor = reader.floor();
        assert!(
            floor <= highest,
            "purged through {highest}, and {floor} is gone"
        );
        let kept = written.iter().filter(|entry| entry.last() > floor);
        assert!(
            read_all(&*reader, floor).iter().eq(kept),
            "purged through {through}"
        );
    }
    let floor = log.reader().floor();
    let kept = read_all(&*log.reader(), floor);
    drop(log);
    let log = harness.open();
    let reopened = log.reader();
    assert!(reopened.floor() <= floor);
    assert_eq!(read_all(&*reopened, floor), kept, "opened again");
}

/// When positions are purged, the head must stay: with nothing left, too.
pub fn purge_keeps_the_head(harness: &impl Harness) {
    let mut history = History::new();
    let mut log = harness.open();
    append(&mut *log, &history.deliveries(10));
    let head = log.head();
    log.purge(head.sequence).expect("healthy storage purges");
    assert_eq!(log.head(), head);
    drop(log);
    let mut log = harness.open();
    assert_eq!(log.head(), head, "opened again");
    let entries = history.deliveries(2);
    append(&mut *log, &entries);
    assert_eq!(read_all(&*log.reader(), head.sequence), entries);
    assert_eq!(log.head(), history.ledger().head());
}

/// What was purged must not be passed over in silence.
pub fn reading_what_was_purged_says_so(harness: &impl Harness) {
    let mut history = History::new();
    let mut log = harness.open();
    for _ in 0..10 {
        append(&mut *log, &history.deliveries(10));
    }
    let reader = log.reader();
    log.purge(log.head().sequence)
        .expect("healthy storage purges");
    let floor = reader.floor();
    for after in 0..floor.number() {
        let page = reader.read(Sequence::new(after), 1);
        match page {
            Err(ReadError::Purged { floor: said }) => assert_eq!(said, floor),
            other => panic!("reading after {after}, below {floor}, returned {other:?}"),
        }
    }
}

fn elsewhere() -> (Head, Epoch) {
    let head = Head {
        sequence: Sequence::new(41),
        chain: Chain::from_bits(0xfeed),
        recorded_at: Timestamp::UNIX_EPOCH.plus_millis(1_483_271_606_001),
    };
    (head, Epoch::from_random(u128::MAX))
}

/// After `restart` the log must be empty above the given head, under the given epoch, and take an append there.
pub fn after_restart_the_log_is_empty_above_the_head_and_takes_an_append_there(
    harness: &impl Harness,
) {
    let mut history = History::new();
    let mut log = harness.open();
    // The head may lie behind the end of what was there, or before it.
    append(&mut *log, &history.deliveries(30));
    let (beyond, first) = elsewhere();
    let within = Head {
        sequence: Sequence::new(17),
        ..beyond
    };
    for (head, epoch) in [
        (within, first),
        (beyond, first.successor(within.sequence, beyond.recorded_at)),
    ] {
        log.restart(head, epoch).expect("healthy storage restarts");
        assert_eq!((log.head(), log.epoch()), (head, epoch));
        assert_eq!(read_all(&*log.reader(), head.sequence), []);
        drop(log);
        log = harness.open();
        assert_eq!((log.head(), log.epoch()), (head, epoch), "opened again");
        assert_eq!(read_all(&*log.reader(), head.sequence), []);
        let mut history = History::after(head);
        let entries = history.deliveries(3);
        append(&mut *log, &entries);
        assert_eq!(log.head(), history.ledger().head());
        drop(log);
        log = harness.open();
        assert_eq!(read_all(&*log.reader(), head.sequence), entries);
        let floor = log.reader().floor();
        assert_eq!(floor, head.sequence, "what was set aside is not read");
    }
}

/// To `restart` a log twice must be to restart it once.
pub fn restarting_twice_is_restarting_once(harness: &impl Harness) {
    let mut log = harness.open();
    append(&mut *log, &History::new().deliveries(5));
    let (head, epoch) = elsewhere();
    for _ in 0..2 {
        log.restart(head, epoch).expect("healthy storage restarts");
        assert_eq!((log.head(), log.epoch()), (head, epoch));
        drop(log);
        log = harness.open();
        assert_eq!((log.head(), log.epoch()), (head, epoch), "opened again");
    }
    assert_eq!(read_all(&*log.reader(), head.sequence), []);
    let entries = History::after(head).deliveries(1);
    append(&mut *log, &entries);
    assert_eq!(read_all(&*log.reader(), head.sequence), entries);
}
