//! What happens a thousand times a second is said once, with a number.

use std::time::{Duration, Instant};

/// The least time between two lines about the same.
const BETWEEN: Duration = Duration::from_secs(1);

/// How often something has happened since it was last said.
#[derive(Debug, Default)]
pub(super) struct Seldom {
    said: Option<Instant>,
    times: u64,
}

impl Seldom {
    /// It has happened once more. How often since it was last said, when it is time to say it again.
    pub(super) fn count(&mut self, now: Instant) -> Option<u64> {
        self.times += 1;
        let waits = |said| now.saturating_duration_since(said) < BETWEEN;
        if self.said.is_some_and(waits) {
            return None;
        }
        self.said = Some(now);
        Some(std::mem::take(&mut self.times))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_at_once_and_then_once_a_second_with_its_number() {
        let (mut seldom, start) = (Seldom::default(), Instant::now());
        let said: Vec<_> = (0..=2_000)
            .filter_map(|at| seldom.count(start + Duration::from_millis(at)))
            .collect();
        assert_eq!(said, [1, 1_000, 1_000]);
    }
}
