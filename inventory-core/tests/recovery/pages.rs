//! A log that is longer than what a start reads at once: reading goes ahead of following, and neither outruns an error
//! of the other.

use std::sync::Arc;

use inventory_core::conformance::{History, adjust, assert_same_image};
use inventory_core::engine::OpenError;
use inventory_core::machine::replica::Image;
use inventory_core::machine::{Entry, Request};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{EventLog, ReadError};
use inventory_core::testing::{Call, Faults};
use inventory_core::vocabulary::Sequence;

use crate::broken::GappyLog;
use crate::past::{expect_refused, loss, ports};
use crate::world::{open, salvage};

const ENTRIES: usize = 40;
const LINES: usize = 1_000;

fn long() -> (Vec<Arc<Entry>>, Image) {
    let mut history = History::new();
    let lines = vec![adjust("tea", "north", 1); LINES];
    let delivery = Request::unkeyed(lines).expect("a request has lines");
    let entries = (0..ENTRIES).map(|_| history.write(&delivery)).collect();
    (entries, history.ledger().freeze())
}

fn stored(entries: &[Arc<Entry>]) -> MemoryStorage {
    let storage = MemoryStorage::new();
    let appended = storage.log().append(Sequence::START, entries);
    appended.expect("nobody else writes");
    storage
}

#[test]
fn a_start_fails_with_whichever_page_cannot_be_read_and_replays_all_of_them_else() {
    let (entries, whole) = long();
    let (storage, faults) = (stored(&entries), Faults::new());
    let opened = open(faults.wrap(storage.ports())).expect("nothing fails yet");
    assert_eq!(opened.report.events_replayed as usize, ENTRIES * LINES);
    assert_same_image(&opened.engine.reader().image(), &whole);
    let pages = faults.calls(Call::Read);
    assert!(pages > 5, "{pages} pages");
    for page in 0..pages {
        faults.fail(page, Call::Read);
        let failed = open(faults.wrap(storage.ports())).expect_err("a page cannot be read");
        assert!(
            matches!(failed, OpenError::Log(ReadError::Failed(_))),
            "{failed:?}"
        );
    }
    assert!(
        open(faults.wrap(storage.ports())).is_ok(),
        "storage works again"
    );
}

#[test]
fn a_gap_is_found_on_whichever_page_it_is() {
    let (entries, whole) = long();
    for missing in [0, 1, ENTRIES / 2, ENTRIES - 2, ENTRIES - 1] {
        let mut left = entries.clone();
        let lost = left.remove(missing);
        let lost = loss(lost.first.number() - 1, lost.last().number() + 1);
        let storage = MemoryStorage::new();
        let log = GappyLog::new(0, whole.head(), &left);
        let refused = expect_refused(&storage, &log);
        assert!(
            matches!(refused, OpenError::Missing { after, before }
                if (after, before) == (lost.after, lost.before)),
            "{refused:?}"
        );
        let salvaged = salvage(ports(&storage, &log)).expect("told to go on");
        assert_eq!(salvaged.report.lost, [lost]);
        assert_eq!(
            salvaged.engine.reader().head().sequence,
            whole.head().sequence
        );
    }
}
