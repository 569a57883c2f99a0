//! How fast the client takes an answer.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use super::limits::Limits;

/// One answer that is being sent, as the watch of its connection sees it.
///
/// A body is asked for more once the connection has room for it again, so what it was asked for says what was taken. That
/// holds for HTTP/2 too, where a client may refuse one answer and take others.
#[derive(Debug)]
pub(super) struct Taking {
    /// Whether something waits for the client now.
    offered: AtomicBool,
    /// Whether there was something to take all the time since `since`.
    going_on: AtomicBool,
    /// The tick at which the period began.
    since: AtomicU32,
    /// Bytes that were taken in the period.
    taken: AtomicUsize,
}

impl Taking {
    pub(super) fn new(tick: u32) -> Self {
        Self {
            offered: AtomicBool::new(false),
            going_on: AtomicBool::new(false),
            since: AtomicU32::new(tick),
            taken: AtomicUsize::new(0),
        }
    }

    /// There is something to take.
    pub(super) fn offer(&self, tick: u32) {
        if !self.going_on.swap(true, Ordering::Relaxed) {
            self.begin(tick);
        }
        self.offered.store(true, Ordering::Relaxed);
    }

    /// What was offered is taken.
    pub(super) fn took(&self, bytes: usize) {
        self.taken.fetch_add(bytes, Ordering::Relaxed);
        self.offered.store(false, Ordering::Relaxed);
    }

    /// There is nothing to take: it is not the client who is waited for.
    pub(super) fn rest(&self) {
        self.going_on.store(false, Ordering::Relaxed);
    }

    /// Whether the client has taken too little in a whole period.
    pub(super) fn is_slow(&self, tick: u32, limits: &Limits) -> bool {
        let ticks = tick.saturating_sub(self.since.load(Ordering::Relaxed));
        if !self.offered.load(Ordering::Relaxed)
            || limits.watch_interval * ticks < limits.answer_period
        {
            return false;
        }
        let slow = self.taken.load(Ordering::Relaxed) < limits.answer_bytes_least;
        self.begin(tick);
        slow
    }

    fn begin(&self, tick: u32) {
        self.since.store(tick, Ordering::Relaxed);
        self.taken.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow_at(taking: &Taking, ticks: std::ops::Range<u32>) -> Vec<u32> {
        let limits = Limits::default();
        ticks
            .filter(|tick| taking.is_slow(*tick, &limits))
            .collect()
    }

    #[test]
    fn who_takes_nothing_is_slow_after_a_period() {
        let taking = Taking::new(5);
        taking.offer(5);
        assert_eq!(slow_at(&taking, 5..40), [35]);
    }

    #[test]
    fn a_byte_now_and_then_is_too_little_and_the_least_is_enough() {
        let least = Limits::default().answer_bytes_least;
        for (bytes, slow) in [(1, vec![30]), (least / 29 + 1, vec![])] {
            let taking = Taking::new(0);
            let mut found = Vec::new();
            for tick in 0..40 {
                taking.offer(tick);
                found.extend(slow_at(&taking, tick..tick + 1));
                taking.took(bytes);
            }
            assert_eq!(found, slow, "{bytes}");
        }
    }

    #[test]
    fn a_body_that_has_nothing_to_offer_makes_nobody_slow() {
        let taking = Taking::new(0);
        taking.offer(0);
        taking.took(1);
        taking.rest();
        assert!(slow_at(&taking, 1..1_000).is_empty());
        taking.offer(1_000);
        assert_eq!(slow_at(&taking, 1_000..1_031), [1_030]);
    }
}
