//! Whether the log gives up what nobody has asked to keep: a disk that does not let it is said once, however many groups come.

use std::fmt;
use std::sync::Arc;

use inventory_core::ports::{Clock, Observation, Observer};

use crate::server::Trouble;

/// Passes on what an engine reports, and takes note of purges.
pub(super) struct Purging {
    next: Arc<dyn Observer>,
    clock: Arc<dyn Clock>,
    trouble: Arc<Trouble>,
}

impl fmt::Debug for Purging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Purging")
            .field("trouble", &self.trouble)
            .finish_non_exhaustive()
    }
}

impl Purging {
    pub(super) fn observe(
        next: Arc<dyn Observer>,
        clock: Arc<dyn Clock>,
        trouble: Arc<Trouble>,
    ) -> Arc<Self> {
        Arc::new(Self {
            next,
            clock,
            trouble,
        })
    }
}

impl Observer for Purging {
    fn observe(&self, observation: &Observation<'_>) {
        if let Observation::Purged = observation {
            self.trouble.over();
        } else if let Observation::PurgeSkipped { reason } = observation {
            self.trouble.failed(*reason, self.clock.now());
        }
        self.next.observe(observation);
    }
}
