//! Which queue is to forget a key next.

use std::cmp::Reverse;

use super::queue::Queue;
use crate::vocabulary::Sequence;

/// The queues that are not empty, by their oldest entry, by their keys and by their bytes. Of two that have as much, the one
/// with the older entry comes first: which one has which number decides nothing, so that it depends on the log alone.
#[derive(Debug, Default)]
pub(super) struct Ranks {
    by_age: Rank<Reverse<Sequence>>,
    by_keys: Rank<(usize, Reverse<Sequence>)>,
    by_bytes: Rank<(usize, Reverse<Sequence>)>,
}

impl Ranks {
    /// A queue has changed.
    pub(super) fn moved(&mut self, number: u32, queue: &Queue) {
        let oldest = queue.oldest.map(|oldest| Reverse(oldest.first));
        self.by_age.set(number, oldest);
        self.by_keys
            .set(number, oldest.map(|oldest| (queue.keys, oldest)));
        self.by_bytes
            .set(number, oldest.map(|oldest| (queue.bytes(), oldest)));
    }

    pub(super) fn oldest(&self) -> Option<u32> {
        self.by_age.first()
    }

    pub(super) fn most_keys(&self) -> Option<u32> {
        self.by_keys.first()
    }

    pub(super) fn most_bytes(&self) -> Option<u32> {
        self.by_bytes.first()
    }
}

/// Numbers by what they have, the one with the most first: a binary heap that knows where each number stands, so that one whose
/// measure has changed a little moves a little, without an allocation.
#[derive(Debug)]
struct Rank<M> {
    /// **Invariant**: no measure is greater than that of its parent, which stands at `(at - 1) / 2`.
    heap: Vec<(M, u32)>,
    /// By number, where it stands.
    places: Vec<Option<u32>>,
}

impl<M> Default for Rank<M> {
    fn default() -> Self {
        Self {
            heap: Vec::new(),
            places: Vec::new(),
        }
    }
}

impl<M: Copy + Ord> Rank<M> {
    fn first(&self) -> Option<u32> {
        self.heap.first().map(|&(_, number)| number)
    }

    /// Gives a number its measure; `None` takes it out.
    fn set(&mut self, number: u32, measure: Option<M>) {
        let index = number as usize;
        if index >= self.places.len() {
            self.places.resize(index + 1, None);
        }
        let at = self.places[index].map(|at| at as usize);
        match (at, measure) {
            (Some(at), Some(measure)) => {
                let known = &mut self.heap[at].0;
                if *known == measure {
                    return;
                }
                *known = measure;
                // Often there is one queue.
                if self.heap.len() > 1 {
                    self.settle(at);
                }
            }
            (None, Some(measure)) => {
                self.heap.push((measure, number));
                self.settle(self.heap.len() - 1);
            }
            (Some(at), None) => {
                self.heap.swap_remove(at);
                self.places[index] = None;
                if at < self.heap.len() {
                    self.settle(at);
                }
            }
            (None, None) => {}
        }
    }

    /// Moves what stands at a place up or down until the invariant holds again, and notes where all stand that were moved.
    fn settle(&mut self, mut at: usize) {
        let moved = self.heap[at];
        while at > 0 && self.heap[(at - 1) / 2].0 < moved.0 {
            self.put(at, self.heap[(at - 1) / 2]);
            at = (at - 1) / 2;
        }
        while let Some(child) = self.greater_child(at)
            && moved.0 < self.heap[child].0
        {
            self.put(at, self.heap[child]);
            at = child;
        }
        self.put(at, moved);
    }

    fn greater_child(&self, at: usize) -> Option<usize> {
        let (left, right) = (2 * at + 1, 2 * at + 2);
        let is_right = right < self.heap.len() && self.heap[left].0 < self.heap[right].0;
        (left < self.heap.len()).then_some(if is_right { right } else { left })
    }

    fn put(&mut self, at: usize, ranked: (M, u32)) {
        self.heap[at] = ranked;
        self.places[ranked.1 as usize] = Some(at as u32);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    use super::Rank;

    proptest! {
        #[test]
        fn the_one_with_the_most_comes_first(changes in vec((0..9_u32, option::of(0..20_u32)), 1..200)) {
            let (mut rank, mut known) = (Rank::default(), BTreeMap::new());
            for (number, measure) in changes {
                // No two have the same measure, as no two queues have the same oldest entry.
                let measure = measure.map(|measure| (measure, number));
                rank.set(number, measure);
                known.insert(number, measure);
                let most = known.values().flatten().max();
                prop_assert_eq!(rank.first(), most.map(|&(_, number)| number));
            }
        }
    }
}
