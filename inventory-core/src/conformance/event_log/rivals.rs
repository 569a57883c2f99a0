//! Several writers on one log.

use std::thread;

use parking_lot::Mutex;

use super::harness::{Harness, append, contents, read_all};
use crate::conformance::{History, adjust};
use crate::machine::Request;
use crate::ports::{AppendError, EventLog};

const RIVALS: u64 = 4;
const WINS_EACH: u64 = 10;

/// Two engines on one log must not both succeed: the one that is late gets a conflict, and nothing of it is there.
///
/// Checked where the log can be opened twice.
pub fn two_engines_cannot_both_succeed(harness: &impl Harness) {
    let (mut fast, mut slow) = (History::new(), History::new());
    let mut first = harness.open();
    let Some(mut second) = harness.open_beside() else {
        return;
    };
    let expected = second.head().sequence;
    let written = fast.deliveries(3);
    append(&mut *first, &written);
    let error = second.append(expected, &slow.deliveries(1));
    let Err(AppendError::Conflict { head }) = error else {
        panic!("the late engine was told {error:?}");
    };
    assert_eq!(
        head,
        fast.ledger().head().sequence,
        "the conflict names the end of the log"
    );
    assert_eq!(contents(&*first), written);
    append(&mut *first, &fast.deliveries(1));
    drop((first, second));
    let log = harness.open();
    assert_eq!(log.head(), fast.ledger().head());
}

/// Rivals follow the log, decide on what they have followed, and append; whoever is late follows again. When each has
/// won its share, the log must hold every win, contiguous and whole.
///
/// Each has a handle of its own where the log can be opened twice; else they share one, and are late in the time between
/// looking and appending.
pub fn rivals_that_append_until_each_has_won_leave_a_whole_log(harness: &impl Harness) {
    let shared = Mutex::new(harness.open());
    thread::scope(|scope| {
        for _ in 0..RIVALS {
            scope.spawn(|| match harness.open_beside() {
                Some(own) => win(&Mutex::new(own), harness),
                None => win(&shared, harness),
            });
        }
    });
    drop(shared);
    let log = harness.open();
    let mut history = History::new();
    contents(&*log)
        .iter()
        .for_each(|entry| history.follow(entry));
    assert_eq!(log.head(), history.ledger().head());
    let tea = "tea".parse().expect("tea is a product");
    let tea = history
        .ledger()
        .product(&tea)
        .expect("each rival adds to it");
    assert_eq!(
        tea.total().units(),
        RIVALS * WINS_EACH,
        "no win is lost, none counts twice"
    );
}

fn win(log: &Mutex<Box<dyn EventLog>>, harness: &impl Harness) {
    let mut history = History::new();
    let (mut won, mut late) = (0, 0);
    while won < WINS_EACH {
        catch_up(&mut history, &**log.lock());
        let request = Request::unkeyed(vec![adjust("tea", "north", 1)]);
        let entry = history.draft(&request.expect("a request of one line"));
        thread::yield_now();
        let expected = history.ledger().head().sequence;
        let appended = log.lock().append(expected, &[entry]);
        match appended {
            Ok(()) => won += 1,
            // An engine that was fenced stops for good; the next one opens the log again.
            Err(AppendError::Conflict { .. }) => {
                late += 1;
                let others = (RIVALS - 1) * WINS_EACH;
                assert!(late <= others, "each conflict is a win of somebody else");
                if let Some(own) = harness.open_beside() {
                    *log.lock() = own;
                }
            }
            Err(error) => panic!("nobody made the append fail: {error}"),
        }
    }
}

fn catch_up(history: &mut History, log: &dyn EventLog) {
    let after = history.ledger().head().sequence;
    let entries = read_all(&*log.reader(), after);
    entries.iter().for_each(|entry| history.follow(entry));
}
