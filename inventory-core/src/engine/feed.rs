//! Change feed: the newest entries, for subscribers that keep up.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

use super::settings::LIMITS;
use crate::machine::Entry;
use crate::vocabulary::Sequence;

/// Called once when there is something new, or when there will be nothing new any more.
pub(super) type Wake = Box<dyn FnOnce() + Send>;

/// The tail of the log in memory, and who waits for it to grow.
///
/// ```text
///            start                 head
///  in the log ──┤ entries ... ────┤      a subscriber before start reads the log, one at head waits
/// ```
///
/// **Invariant**: `entries` is what was published after `start` up to `head`.
#[derive(Debug)]
pub(super) struct Feed {
    tail: Mutex<Tail>,
    grown: Condvar,
}

struct Tail {
    start: Sequence,
    head: Sequence,
    entries: VecDeque<Arc<Entry>>,
    waiting: Vec<Wake>,
    closed: bool,
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail")
            .field("start", &self.start)
            .field("head", &self.head)
            .field("waiting", &self.waiting.len())
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}

/// What the feed has for a subscriber.
pub(super) enum Found {
    /// Entries after its position; none when it is at the head.
    Entries(Vec<Arc<Entry>>),
    /// It is behind what is in memory: the log has it.
    InLog,
}

impl Feed {
    pub(super) fn new(head: Sequence) -> Self {
        let tail = Tail {
            start: head,
            head,
            entries: VecDeque::new(),
            waiting: Vec::new(),
            closed: false,
        };
        Self {
            tail: Mutex::new(tail),
            grown: Condvar::new(),
        }
    }

    /// Appends what is durable and readable, and wakes everybody.
    pub(super) fn grow(&self, entries: &[Arc<Entry>]) {
        let waiting = {
            let mut tail = self.tail.lock();
            tail.entries.extend(entries.iter().cloned());
            if let Some(last) = entries.last() {
                tail.head = last.last();
            }
            while tail.head.events_since(tail.start) > LIMITS.tail_events as u64 {
                let Some(oldest) = tail.entries.pop_front() else {
                    break;
                };
                tail.start = oldest.last();
            }
            std::mem::take(&mut tail.waiting)
        };
        self.wake(waiting);
    }

    /// Says that nothing will come any more.
    pub(super) fn close(&self) {
        let waiting = {
            let mut tail = self.tail.lock();
            tail.closed = true;
            std::mem::take(&mut tail.waiting)
        };
        self.wake(waiting);
    }

    pub(super) fn after(&self, position: Sequence, events_max: usize) -> Found {
        let tail = self.tail.lock();
        if position < tail.start {
            return Found::InLog;
        }
        let from = tail
            .entries
            .partition_point(|entry| entry.last() <= position);
        let mut events = 0;
        let page = tail.entries.range(from..).take_while(|entry| {
            let more = events < events_max;
            events += entry.events.len();
            more
        });
        Found::Entries(page.cloned().collect())
    }

    /// Blocks until there is something after a position. Returns `false` when there will never be.
    pub(super) fn wait(&self, position: Sequence) -> bool {
        let mut tail = self.tail.lock();
        while tail.head <= position && !tail.closed {
            self.grown.wait(&mut tail);
        }
        tail.head > position
    }

    /// Whether there is something after a position.
    pub(super) fn has_grown(&self, position: Sequence) -> bool {
        self.tail.lock().head > position
    }

    /// Calls `wake` once there is something after a position, or there will never be: at once when that is so now.
    pub(super) fn when_grown(&self, position: Sequence, wake: Wake) {
        let mut tail = self.tail.lock();
        if tail.head <= position && !tail.closed {
            tail.waiting.push(wake);
            return;
        }
        drop(tail);
        wake();
    }

    /// Outside the lock: a waiter may ask the feed again at once. One that panics harms nobody but itself: what it was to
    /// be told is durable, and the others wait behind it.
    fn wake(&self, waiting: Vec<Wake>) {
        self.grown.notify_all();
        for wake in waiting {
            let _reported = catch_unwind(AssertUnwindSafe(wake));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::{History, adjust};
    use crate::machine::Request;

    #[test]
    fn exactly_so_many_events_are_kept() {
        let mut history = History::new();
        let feed = Feed::new(Sequence::START);
        let all = LIMITS.tail_events as u64;
        let write = |history: &mut History| {
            let sale = adjust("tea", "north", 1);
            feed.grow(&[history.write(&Request::unkeyed(vec![sale]).expect("a line"))]);
        };
        (0..all).for_each(|_| write(&mut history));
        let Found::Entries(page) = feed.after(Sequence::START, usize::MAX) else {
            panic!("all of it is there");
        };
        assert_eq!(page.len() as u64, all);
        write(&mut history);
        assert!(matches!(feed.after(Sequence::START, 1), Found::InLog));
        assert!(matches!(feed.after(Sequence::new(1), 1), Found::Entries(_)));
    }
}
