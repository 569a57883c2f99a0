//! A number of bytes, or of anything else, that all who need some share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What there is in all, and what of it is taken. Clones are the same.
#[derive(Debug, Clone)]
pub struct Budget(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    most: usize,
    taken: AtomicUsize,
}

/// A part of a budget, until this is dropped.
#[derive(Debug)]
pub struct Share {
    pool: Arc<Pool>,
    units: usize,
}

impl Budget {
    /// A budget of so many units.
    pub fn new(most: usize) -> Self {
        let taken = AtomicUsize::new(0);
        Self(Arc::new(Pool { most, taken }))
    }

    /// Takes units, or nothing when there are not as many left. More than there are in all are given to who is alone, so
    /// that nothing is refused for ever.
    pub fn take(&self, units: usize) -> Option<Share> {
        let mut share = Share {
            pool: Arc::clone(&self.0),
            units: 0,
        };
        share.grow(units).then_some(share)
    }
}

impl Share {
    /// Takes more units; `false` when there are not as many left, and then it is as large as before.
    pub fn grow(&mut self, units: usize) -> bool {
        let (most, own) = (self.pool.most, self.units);
        let grown = self
            .pool
            .taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| {
                let alone = taken == own;
                let left = most.saturating_sub(taken);
                (units <= left || (alone && own == 0)).then_some(taken + units)
            });
        if grown.is_ok() {
            self.units += units;
        }
        grown.is_ok()
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.pool.taken.fetch_sub(self.units, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_never_more_than_there_is_and_come_back() {
        let budget = Budget::new(10);
        let mut first = budget.take(6).unwrap();
        assert!(budget.take(5).is_none());
        assert!(first.grow(4));
        assert!(!first.grow(1));
        assert!(budget.take(1).is_none());
        drop(first);
        assert!(budget.take(10).is_some());
    }

    #[test]
    fn more_than_there_is_in_all_is_given_to_who_is_alone() {
        let budget = Budget::new(10);
        let one = budget.take(1).unwrap();
        assert!(budget.take(11).is_none());
        drop(one);
        let all = budget.take(11).unwrap();
        assert!(budget.take(1).is_none());
        drop(all);
        assert!(budget.take(10).is_some());
    }
}
