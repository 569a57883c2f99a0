//! The states that snapshots are made of: so many at once, shared among those who ask for the same.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use inventory_core::engine::Reader;
use inventory_core::machine::replica::Image;
use inventory_core::vocabulary::Sequence;
use parking_lot::Mutex;

use crate::server::{ApiError, Budget, Limits, Share};

/// Who asks this long after somebody else may get the same state, while several are being sent: after a loss of the link
/// all stores ask at once, and each goes on from the log anyhow.
const SHARED_FOR: Duration = Duration::from_secs(1);

/// As many may be sent before they are shared: who asks alone is given the newest state.
const SHARED_FROM: usize = 2;

/// The states that are being sent.
#[derive(Debug)]
pub(super) struct Images {
    sent: Budget,
    images_max: usize,
    /// Oldest first. One that nobody is sent any more is gone.
    alive: Mutex<Vec<Kept>>,
}

#[derive(Debug)]
struct Kept {
    image: Weak<Image>,
    made: Instant,
}

/// Which state somebody is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Shared,
    Fresh,
    None,
}

/// `newest` is the offset of the newest state that is being sent, and its age.
fn choose(
    newest: Option<(Sequence, Duration)>,
    head: Sequence,
    alive: usize,
    images_max: usize,
) -> Choice {
    match newest {
        Some((offset, _)) if offset == head => Choice::Shared,
        Some((_, age)) if alive >= SHARED_FROM && age < SHARED_FOR => Choice::Shared,
        _ if alive < images_max => Choice::Fresh,
        _ => Choice::None,
    }
}

impl Images {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            sent: Budget::new(limits.snapshots_max),
            images_max: limits.images_max,
            alive: Mutex::new(Vec::new()),
        }
    }

    /// A state to send, and the right to send it.
    ///
    /// # Errors
    ///
    /// 503: as many are being sent as may be.
    pub(super) fn take(&self, reader: &Reader) -> Result<(Arc<Image>, Share), ApiError> {
        let full = || ApiError::unavailable("as many snapshots are being sent as may be at once");
        let share = self.sent.take(1).ok_or_else(full)?;
        let now = Instant::now();
        let mut alive = self.alive.lock();
        alive.retain(|kept| kept.image.strong_count() > 0);
        let newest = alive
            .last()
            .and_then(|kept| Some((kept.image.upgrade()?, kept.made)));
        let known = newest
            .as_ref()
            .map(|(image, made)| (image.head().sequence, now.duration_since(*made)));
        let choice = choose(known, reader.head().sequence, alive.len(), self.images_max);
        match (choice, newest) {
            (Choice::Shared, Some((image, _))) => Ok((image, share)),
            (Choice::None, _) => Err(full()),
            (Choice::Fresh | Choice::Shared, _) => {
                let image = Arc::new(reader.image());
                alive.push(Kept {
                    image: Arc::downgrade(&image),
                    made: now,
                });
                Ok((image, share))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_herd_shares_states_and_who_is_alone_has_the_newest() {
        let (old, head) = (Sequence::new(7), Sequence::new(9));
        let young = Duration::from_millis(999);
        for (newest, alive, choice) in [
            (None, 0, Choice::Fresh),
            (Some((head, SHARED_FOR * 60)), 1, Choice::Shared),
            (Some((head, SHARED_FOR * 60)), 8, Choice::Shared),
            (Some((old, young)), 1, Choice::Fresh),
            (Some((old, young)), 2, Choice::Shared),
            (Some((old, young)), 8, Choice::Shared),
            (Some((old, SHARED_FOR)), 7, Choice::Fresh),
            (Some((old, SHARED_FOR)), 8, Choice::None),
        ] {
            assert_eq!(choose(newest, head, alive, 8), choice, "{newest:?} {alive}");
        }
    }
}
