//! What goes wrong for a while: said when it begins and when it is over, and shown in between.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};

use inventory_core::vocabulary::Timestamp;
use parking_lot::Mutex;

use crate::Causes;

/// One kind of trouble.
#[derive(Debug)]
pub struct Trouble {
    /// What does not work.
    what: &'static str,
    /// Whether there is any, for those who look all the time.
    any: AtomicBool,
    begun: Mutex<Option<Begun>>,
}

#[derive(Debug)]
struct Begun {
    since: Timestamp,
    /// The newest error, with its causes.
    cause: String,
}

impl Trouble {
    /// There is none yet. Its lines in the log and its reason begin with `what`.
    pub fn new(what: &'static str) -> Self {
        Self {
            what,
            any: AtomicBool::new(false),
            begun: Mutex::new(None),
        }
    }

    /// It did not work.
    pub fn failed(&self, error: &dyn Error, now: Timestamp) {
        let cause = Causes(error).to_string();
        let mut begun = self.begun.lock();
        match &mut *begun {
            Some(begun) => begun.cause = cause,
            None => {
                tracing::warn!(%cause, "{}", self.what);
                *begun = Some(Begun { since: now, cause });
                self.any.store(true, Ordering::Relaxed);
            }
        }
    }

    /// It worked.
    pub fn over(&self) {
        if !self.any.load(Ordering::Relaxed) {
            return;
        }
        // Whoever sees that it is over finds the line that says so.
        let mut begun = self.begun.lock();
        if let Some(Begun { since, cause }) = &*begun {
            tracing::info!(%since, %cause, "it is over: {}", self.what);
        }
        *begun = None;
        self.any.store(false, Ordering::Relaxed);
    }

    /// What a person should know of it.
    pub fn reason(&self) -> Option<String> {
        let begun = self.begun.lock();
        let begun = begun.as_ref()?;
        Some(format!(
            "{}, since {}: {}",
            self.what, begun.since, begun.cause
        ))
    }
}
