//! When to save.

use std::time::{Duration, Instant};

/// What a save may cost for each event that it saves: a copy of a million products is written after some fifty thousand
/// events, which a start follows anew within seconds, and not once a second, which no till's disk survives.
const BYTES_PER_EVENT_MAX: u64 = 2_048;

/// How long a copy that is large for what has happened waits: a start without central shows what is saved.
const RARE: Duration = Duration::from_secs(60 * 60);

/// Says when the state should be saved: some time after the first unsaved event, or after so many events; later when it is
/// large for what has happened since.
///
/// Pure: time is an argument.
#[derive(Debug, Clone)]
pub struct SaveSchedule {
    delay_max: Duration,
    events_max: u64,
    unsaved: u64,
    /// What a save writes.
    bytes: u64,
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
            bytes: 0,
            since: None,
            not_before: None,
        }
    }

    /// The last save has written so many bytes, and the next one will write about as many.
    pub fn sized(&mut self, bytes: u64) {
        self.bytes = bytes;
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
        let is_worth_it = self.unsaved.saturating_mul(BYTES_PER_EVENT_MAX) >= self.bytes;
        let due = if !is_worth_it {
            since + RARE.max(self.delay_max)
        } else if self.unsaved >= self.events_max {
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

    /// 120 MB and 200 events a second, for two hours; and the same copy when next to nothing happens.
    #[test]
    fn a_large_copy_costs_two_kilobytes_an_event_or_one_save_an_hour() {
        let bytes = 120_000_000;
        for (events_each, most_each) in [(200, 2_048), (1, bytes / 3_600)] {
            let start = Instant::now();
            let mut schedule = SaveSchedule::default();
            schedule.sized(bytes);
            let (mut events, mut saves) = (0, 0);
            for second in 0..2 * 60 * 60 {
                let now = start + Duration::from_secs(second);
                schedule.applied(events_each, now);
                events += events_each;
                if schedule.is_due(now) {
                    schedule.started();
                    saves += 1;
                }
            }
            assert!(saves >= 1, "it is saved now and then");
            let each = saves * bytes / events;
            assert!(each <= most_each, "{each} bytes an event in {saves} saves");
        }
        let mut first = SaveSchedule::default();
        first.sized(bytes);
        first.applied(u64::MAX, Instant::now());
        assert!(first.is_due(Instant::now()), "what is on disk is of no use");
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
