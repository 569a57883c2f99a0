//! What a connection is doing, and whether that has taken too long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::limits::Limits;
use super::taking::Taking;

const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0";

/// Not now.
const NEVER: u32 = 0;

/// What a connection is doing, and since which tick of its watch.
///
/// Ticks are its only clock, which costs a request nothing. What happens between two ticks counts from the later one:
/// no one is cut off early; some are cut off up to one tick late.
#[derive(Debug)]
pub(super) struct Activity {
    /// The tick that comes next.
    next_tick: AtomicU32,
    /// Requests whose answers are not sent yet.
    in_flight: AtomicU32,
    /// Since when there has been none.
    idle_since: AtomicU32,
    /// Since when a head is incomplete.
    head_since: AtomicU32,
    /// Since when the client has taken nothing of an answer.
    stalled_since: AtomicU32,
    /// Since when it is closing, with what still comes thrown away.
    lingering_since: AtomicU32,
    /// Whether a body was answered that has not come to its end.
    unread: AtomicBool,
    http2: AtomicBool,
    /// How many bytes have come that begin as HTTP/2 does; all of it, once one has come that does not.
    preface: AtomicU32,
    /// Answers whose clients are watched.
    answers: Mutex<Vec<Arc<Taking>>>,
}

/// What is to be done about a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Fine,
    Idle,
    Slow,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self {
            next_tick: AtomicU32::new(1),
            in_flight: AtomicU32::new(0),
            idle_since: AtomicU32::new(1),
            head_since: AtomicU32::new(NEVER),
            stalled_since: AtomicU32::new(NEVER),
            lingering_since: AtomicU32::new(NEVER),
            unread: AtomicBool::new(false),
            http2: AtomicBool::new(false),
            preface: AtomicU32::new(0),
            answers: Mutex::new(Vec::new()),
        }
    }

    /// The tick that comes next.
    pub(super) fn now(&self) -> u32 {
        self.next_tick.load(Ordering::Relaxed)
    }

    /// Watches how fast an answer is taken.
    pub(super) fn watch(&self) -> Arc<Taking> {
        let taking = Arc::new(Taking::new(self.now()));
        self.answers.lock().push(Arc::clone(&taking));
        taking
    }

    /// An answer is sent, or given up.
    pub(super) fn forget(&self, taking: &Arc<Taking>) {
        self.answers
            .lock()
            .retain(|known| !Arc::ptr_eq(known, taking));
    }

    /// A body is answered before its end: it may still come.
    pub(super) fn leave_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    /// The connection closes. Whether something that was not read may still come: it is to be thrown away then, since a
    /// socket that is closed over it takes the answer back.
    pub(super) fn closes(&self) -> bool {
        let since = self.lingering_since.load(Ordering::Relaxed);
        if since == NEVER {
            self.lingering_since.store(self.now(), Ordering::Relaxed);
        }
        self.unread.load(Ordering::Relaxed) || self.head_since.load(Ordering::Relaxed) != NEVER
    }

    /// A request's head is complete.
    pub(super) fn begin(self: &Arc<Self>) -> InFlight {
        self.head_since.store(NEVER, Ordering::Relaxed);
        self.unread.store(false, Ordering::Relaxed);
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(Arc::clone(self))
    }

    /// The client has sent something.
    pub(super) fn received(&self, bytes: &[u8]) {
        let seen = self.preface.load(Ordering::Relaxed) as usize;
        if seen < HTTP2_PREFACE.len() {
            let rest = &HTTP2_PREFACE[seen..];
            let compared = bytes.len().min(rest.len());
            let same = bytes[..compared] == rest[..compared];
            let seen = match same {
                true => seen + compared,
                false => HTTP2_PREFACE.len(),
            };
            self.preface.store(seen as u32, Ordering::Relaxed);
            let http2 = same && seen == HTTP2_PREFACE.len();
            self.http2.store(http2, Ordering::Relaxed);
        }
        // Some clients end a body with a line that belongs to nothing.
        let only_ends = bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
        let waiting = self.in_flight.load(Ordering::Relaxed) == 0 && !only_ends;
        if waiting && self.head_since.load(Ordering::Relaxed) == NEVER {
            self.head_since.store(self.now(), Ordering::Relaxed);
        }
    }

    /// The client takes what is sent, or does not.
    pub(super) fn stalled(&self, stalled: bool) {
        let since = self.stalled_since.load(Ordering::Relaxed);
        if stalled && since == NEVER {
            self.stalled_since.store(self.now(), Ordering::Relaxed);
        } else if !stalled && since != NEVER {
            self.stalled_since.store(NEVER, Ordering::Relaxed);
        }
    }

    /// The next tick of the watch, every [`Limits::watch_interval`].
    pub(super) fn tick(&self, limits: &Limits) -> Verdict {
        let tick = self.next_tick.fetch_add(1, Ordering::Relaxed);
        let over = |since: &AtomicU32, limit: Duration| {
            let since = since.load(Ordering::Relaxed);
            let ticks = tick.saturating_sub(since);
            since != NEVER && limits.watch_interval * ticks >= limit
        };
        if over(&self.stalled_since, limits.answer_period)
            || over(&self.lingering_since, limits.linger_timeout)
        {
            return Verdict::Slow;
        }
        let answers = self.answers.lock();
        if answers.iter().any(|taking| taking.is_slow(tick, limits)) {
            return Verdict::Slow;
        }
        drop(answers);
        if self.in_flight.load(Ordering::Relaxed) > 0 {
            return Verdict::Fine;
        }
        // A connection of HTTP/2 talks between its requests too.
        if !self.http2.load(Ordering::Relaxed) && over(&self.head_since, limits.head_timeout) {
            return Verdict::Slow;
        }
        match over(&self.idle_since, limits.idle_timeout) {
            true => Verdict::Idle,
            false => Verdict::Fine,
        }
    }
}

/// A request that is being answered, until this is dropped.
#[derive(Debug)]
pub(super) struct InFlight(Arc<Activity>);

impl InFlight {
    pub(super) fn activity(&self) -> &Arc<Activity> {
        &self.0
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let activity = &self.0;
        activity.idle_since.store(activity.now(), Ordering::Relaxed);
        activity.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The verdicts of as many seconds, one after the other; the last one.
    fn after(activity: &Activity, seconds: u32) -> Verdict {
        let verdicts = (0..seconds).map(|_| activity.tick(&Limits::default()));
        verdicts.last().unwrap()
    }

    #[test]
    fn a_connection_is_idle_when_nothing_comes_for_a_minute() {
        let activity = Activity::new();
        assert_eq!(after(&activity, 60), Verdict::Fine);
        assert_eq!(after(&activity, 1), Verdict::Idle);
    }

    #[test]
    fn a_head_must_be_complete_within_five_seconds_of_its_first_byte() {
        let activity = Arc::new(Activity::new());
        activity.received(b"GET / HTTP");
        after(&activity, 1);
        activity.received(b"/1.1\r\n");
        assert_eq!(after(&activity, 4), Verdict::Fine);
        assert_eq!(after(&activity, 1), Verdict::Slow);
        let request = activity.begin();
        assert_eq!(after(&activity, 100), Verdict::Fine);
        drop(request);
        assert_eq!(after(&activity, 60), Verdict::Fine);
        assert_eq!(after(&activity, 1), Verdict::Idle);
    }

    #[test]
    fn a_connection_of_http2_talks_between_its_requests() {
        let activity = Activity::new();
        activity.received(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        assert_eq!(after(&activity, 60), Verdict::Fine);
        assert_eq!(after(&activity, 1), Verdict::Idle);
    }

    #[test]
    fn http2_is_known_however_its_first_bytes_are_cut() {
        let bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        for cut in 0..bytes.len() {
            let activity = Activity::new();
            activity.received(&bytes[..cut]);
            activity.received(&bytes[cut..]);
            assert_eq!(after(&activity, 60), Verdict::Fine, "{cut}");
        }
        let activity = Activity::new();
        activity.received(b"PRI * HTTP/1.1");
        assert_eq!(after(&activity, 6), Verdict::Slow);
    }

    #[test]
    fn an_answer_that_is_not_taken_is_slow_while_others_are() {
        let activity = Arc::new(Activity::new());
        let _request = activity.begin();
        let (left, taken) = (activity.watch(), activity.watch());
        left.offer(activity.now());
        for _ in 0..30 {
            taken.offer(activity.now());
            assert_eq!(after(&activity, 1), Verdict::Fine);
            taken.took(100_000);
        }
        assert_eq!(after(&activity, 1), Verdict::Slow);
        activity.forget(&left);
        assert_eq!(after(&activity, 100), Verdict::Fine);
    }

    #[test]
    fn a_client_that_takes_nothing_of_its_answer_is_slow() {
        let activity = Arc::new(Activity::new());
        let _request = activity.begin();
        activity.stalled(true);
        assert_eq!(after(&activity, 30), Verdict::Fine);
        assert_eq!(after(&activity, 1), Verdict::Slow);
        activity.stalled(false);
        assert_eq!(after(&activity, 1), Verdict::Fine);
    }
}
