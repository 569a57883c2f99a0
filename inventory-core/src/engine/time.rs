//! The clock of one engine, read by whoever wants to know the time.

use std::sync::Arc;

use parking_lot::Mutex;

use super::timekeeper::{EngineTime, Reading, Timekeeper};
use super::{OpenError, Settings};
use crate::machine::Head;
use crate::ports::Clock;
use crate::vocabulary::{Sequence, Timestamp};

/// A clock, and what is made of it. Whoever reads it bears witness to how long it has stood.
pub(super) struct Time {
    clock: Arc<dyn Clock>,
    timekeeper: Mutex<Timekeeper>,
}

impl Time {
    /// Starts after a log that ends at `head`.
    ///
    /// # Errors
    ///
    /// [`OpenError::ClockAhead`].
    pub(super) fn start(
        clock: &Arc<dyn Clock>,
        head: Head,
        settings: &Settings,
    ) -> Result<Self, OpenError> {
        let timekeeper = Timekeeper::start(past(head), Reading::of(&**clock), settings.accept_time)
            .map_err(OpenError::ClockAhead)?;
        Ok(Self {
            clock: Arc::clone(clock),
            timekeeper: Mutex::new(timekeeper),
        })
    }

    /// What the time is for a log that ends at `head`.
    pub(super) fn read(&self, head: Head) -> EngineTime {
        let mut timekeeper = self.timekeeper.lock();
        // Within the lock, so that readings come in their order.
        timekeeper.read(Reading::of(&*self.clock), past(head))
    }
}

/// The time of the last entry, if there is one.
fn past(head: Head) -> Option<Timestamp> {
    (head.sequence > Sequence::START).then_some(head.recorded_at)
}
