//! Which queue is to forget a key next.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::queue::{Oldest, Queue};
use crate::vocabulary::Sequence;

/// The queues that are not empty, by their oldest entry, by their keys and by their bytes. Of two that have as much, the one
/// with the older entry comes first: which one has which number decides nothing, so that it depends on the log alone.
#[derive(Debug, Default)]
pub(super) struct Ranks {
    by_age: BTreeSet<(Sequence, u32)>,
    by_keys: BTreeSet<(usize, Reverse<Sequence>, u32)>,
    by_bytes: BTreeSet<(usize, Reverse<Sequence>, u32)>,
}

impl Ranks {
    /// A queue had an oldest entry, keys and bytes, and has others now.
    pub(super) fn moved(
        &mut self,
        number: u32,
        (oldest, keys, bytes): (Option<Oldest>, usize, usize),
        queue: &Queue,
    ) {
        let aged = oldest != queue.oldest;
        if let Some(Oldest { first, .. }) = oldest {
            if aged {
                self.by_age.remove(&(first, number));
            }
            self.by_keys.remove(&(keys, Reverse(first), number));
            self.by_bytes.remove(&(bytes, Reverse(first), number));
        }
        if let Some(Oldest { first, .. }) = queue.oldest {
            if aged {
                self.by_age.insert((first, number));
            }
            self.by_keys.insert((queue.keys, Reverse(first), number));
            self.by_bytes
                .insert((queue.bytes(), Reverse(first), number));
        }
    }

    pub(super) fn oldest(&self) -> Option<u32> {
        self.by_age.first().map(|&(_, queue)| queue)
    }

    pub(super) fn most_keys(&self) -> Option<u32> {
        self.by_keys.last().map(|&(_, _, queue)| queue)
    }

    pub(super) fn most_bytes(&self) -> Option<u32> {
        self.by_bytes.last().map(|&(_, _, queue)| queue)
    }
}
