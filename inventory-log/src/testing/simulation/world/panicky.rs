//! Panics: an observer of the engine that panics.

use std::any::Any;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU64, Ordering};

use inventory_core::ports::{Observation, Observer};

/// Observers are asked not to panic; one that does must not cost anybody what was acknowledged.
#[derive(Debug, Default)]
pub(super) struct Panicky {
    /// Observations until the panic; zero when there will be none.
    left: AtomicU64,
}

/// What it panics with.
struct OnPurpose;

impl Panicky {
    pub(super) fn arm(&self, nth: u64) {
        self.left.store(nth, Ordering::Relaxed);
    }

    pub(super) fn disarm(&self) {
        self.arm(0);
    }
}

impl Observer for Panicky {
    fn observe(&self, _observation: &Observation<'_>) {
        let left = self.left.load(Ordering::Relaxed);
        self.left.store(left.saturating_sub(1), Ordering::Relaxed);
        if left == 1 {
            // Without a word on the standard error: this happens thousands of times.
            resume_unwind(Box::new(OnPurpose));
        }
    }
}

/// Lets a panic go on that was not made here.
pub(super) fn expect(panic: Box<dyn Any + Send>) {
    if !panic.is::<OnPurpose>() {
        resume_unwind(panic);
    }
}
