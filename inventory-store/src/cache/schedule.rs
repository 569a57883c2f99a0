//! When to save.

use std::time::{Duration, Instant};

/// Says when the state should be saved: some time after the first unsaved event, or after so many events.
///
/// Pure: time is an argument.
#[derive(Debug, Clone)]
pub struct SaveSchedule {
    delay_max: Duration,
    events_max: u64,
    unsaved: u64,
    /// When the oldest unsaved event was applied; `None` exactly when `unsaved` is 0.
    since: Option<Instant>,
    /// Set by a failure: not before then, however many events there are.
    not_before: Option<Instant>,
}

impl Default for SaveSchedule {
    /// 10 s or 100 events, whichever is first.
    fn default() -> Self {
        Self::new(Duration::from_secs(10), 100)
    }
}

impl SaveSchedule {
    /// A schedule under which no event waits longer than `delay_max`, nor for `events_max` others.
    pub fn new(delay_max: Duration, events_max: u64) -> Self {
        Self {
            delay_max,
            events_max,
            unsaved: 0,
            since: None,
            not_before: None,
        }
    }

    /// Events were applied to the state; a snapshot counts as one.
    pub fn applied(&mut self, events: u64, now: Instant) {
        if events == 0 {
            return;
        }
        self.unsaved = self.unsaved.saturating_add(events);
        self.since.get_or_insert(now);
    }

    /// When to save; `None` while there is nothing to save. May be in the past.
    pub fn due_at(&self) -> Option<Instant> {
        let since = self.since?;
        let due = if self.unsaved >= self.events_max {
            since
        } else {
            since + self.delay_max
        };
        Some(self.not_before.map_or(due, |earliest| due.max(earliest)))
    }

    /// Whether to save now.
    pub fn is_due(&self, now: Instant) -> bool {
        self.due_at().is_some_and(|due| due <= now)
    }

    /// The state is taken for saving: what is applied from here on is not in it. Returns how many events are.
    pub fn started(&mut self) -> u64 {
        self.since = None;
        self.not_before = None;
        std::mem::take(&mut self.unsaved)
    }

    /// A save of so many events failed; they are tried again, together with what came since, after the usual delay.
    pub fn failed(&mut self, events: u64, now: Instant) {
        self.applied(events, now);
        self.not_before = Some(now + self.delay_max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saves_after_the_delay_or_the_events_whichever_is_first() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut schedule = SaveSchedule::default();
        assert_eq!(schedule.due_at(), None);
        schedule.applied(0, at(0));
        assert!(!schedule.is_due(at(100)), "nothing to save");

        schedule.applied(1, at(1));
        schedule.applied(98, at(5));
        assert!(!schedule.is_due(at(10)));
        assert!(schedule.is_due(at(11)));
        schedule.applied(1, at(6));
        assert!(schedule.is_due(at(6)), "a hundred");

        assert_eq!(schedule.started(), 100);
        assert_eq!(schedule.due_at(), None);
    }

    #[test]
    fn a_failed_save_is_repeated_and_not_in_a_tight_loop() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut schedule = SaveSchedule::default();
        schedule.applied(500, at(0));
        let taken = schedule.started();
        schedule.applied(500, at(1));
        schedule.failed(taken, at(2));
        assert!(!schedule.is_due(at(11)));
        assert!(schedule.is_due(at(12)));
        assert_eq!(schedule.started(), 1_000);
        schedule.applied(100, at(13));
        assert!(schedule.is_due(at(13)), "the failure is forgotten");
    }
}
