//! A list whose elements may go, and whose copies share them.

use std::collections::VecDeque;
use std::sync::Arc;

/// Slots of a chunk: a copy of the list costs one reference per chunk.
const CHUNK: u64 = 64;

type Chunk<T> = [Option<T>; CHUNK as usize];

/// Where an element is: later elements have larger ones, and none is given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::machine) struct Slot(u64);

impl Slot {
    pub(in crate::machine) const FIRST: Self = Self(0);
    pub(in crate::machine) const LAST: Self = Self(u64::MAX);
}

/// A list in the order of arrival, from which elements go in any order, and whose clones are copy-on-write by chunk.
///
/// **Invariant**: a chunk that is there has at least one element, unless it is the last one.
#[derive(Debug)]
pub(in crate::machine) struct ChunkedList<T> {
    chunks: VecDeque<Option<Arc<Chunk<T>>>>,
    first_chunk: u64,
    end: u64,
    len: usize,
}

impl<T> Default for ChunkedList<T> {
    fn default() -> Self {
        Self {
            chunks: VecDeque::new(),
            first_chunk: 0,
            end: 0,
            len: 0,
        }
    }
}

impl<T> Clone for ChunkedList<T> {
    fn clone(&self) -> Self {
        Self {
            chunks: self.chunks.clone(),
            ..*self
        }
    }
}

impl<T: Clone> ChunkedList<T> {
    pub(in crate::machine) fn len(&self) -> usize {
        self.len
    }

    pub(in crate::machine) fn push(&mut self, element: T) -> Slot {
        let slot = Slot(self.end);
        if self.end.is_multiple_of(CHUNK) {
            self.chunks
                .push_back(Some(Arc::new([const { None }; CHUNK as usize])));
        }
        self.end += 1;
        self.len += 1;
        *self.place(slot).expect("the last chunk is there") = Some(element);
        slot
    }

    pub(in crate::machine) fn get(&self, slot: Slot) -> Option<&T> {
        let chunk = self.chunks.get(self.chunk(slot)?)?.as_ref()?;
        chunk[(slot.0 % CHUNK) as usize].as_ref()
    }

    /// As [`ChunkedList::get`]; copies the chunk when a clone of the list shares it.
    pub(in crate::machine) fn get_mut(&mut self, slot: Slot) -> Option<&mut T> {
        self.place(slot)?.as_mut()
    }

    pub(in crate::machine) fn remove(&mut self, slot: Slot) -> Option<T> {
        let removed = self.place(slot)?.take()?;
        self.len -= 1;
        let at = self.chunk(slot)?;
        let is_last = at + 1 == self.chunks.len();
        let chunk = &mut self.chunks[at];
        let is_empty = chunk
            .as_ref()
            .is_some_and(|chunk| chunk.iter().all(Option::is_none));
        if is_empty && !is_last {
            *chunk = None;
        }
        while let Some(None) = self.chunks.front() {
            self.chunks.pop_front();
            self.first_chunk += 1;
        }
        Some(removed)
    }

    /// The elements from a slot on, in the order of arrival.
    pub(in crate::machine) fn from(&self, slot: Slot) -> impl Iterator<Item = (Slot, &T)> {
        let first = self.chunk(slot).unwrap_or(0);
        let chunks = (first..).zip(self.chunks.iter().skip(first));
        let slots = chunks.flat_map(move |(at, chunk)| {
            let start = (self.first_chunk + at as u64) * CHUNK;
            let elements = chunk.iter().flat_map(|chunk| chunk.iter());
            (start..)
                .zip(elements)
                .filter_map(|(at, element)| Some((Slot(at), element.as_ref()?)))
        });
        slots.filter(move |(at, _)| *at >= slot)
    }

    pub(in crate::machine) fn last(&self) -> Option<&T> {
        let mut chunks = self.chunks.iter().rev().flatten();
        chunks.find_map(|chunk| chunk.iter().rev().flatten().next())
    }

    pub(in crate::machine) fn iter(&self) -> impl Iterator<Item = &T> {
        self.from(Slot::FIRST).map(|(_, element)| element)
    }

    /// The first slot whose element is not before what is looked for, when `before` is true of a first part of the list.
    pub(in crate::machine) fn partition_point(&self, before: impl Fn(&T) -> bool) -> Slot {
        let first_of = |at: usize| {
            self.chunks[at]
                .iter()
                .flat_map(|chunk| chunk.iter().flatten())
                .next()
        };
        let (mut low, mut high) = (0, self.chunks.len());
        while low < high {
            let middle = low + (high - low) / 2;
            // A chunk without elements says nothing: the next one that has some speaks for it.
            let mut firsts = (middle..high).filter_map(|at| Some((at, first_of(at)?)));
            match firsts.next() {
                Some((at, first)) if before(first) => low = at + 1,
                Some(_) | None => high = middle,
            }
        }
        let start = Slot((self.first_chunk + low.saturating_sub(1) as u64) * CHUNK);
        let mut rest = self.from(start);
        rest.find_map(|(slot, element)| (!before(element)).then_some(slot))
            .unwrap_or(Slot(self.end))
    }

    fn chunk(&self, slot: Slot) -> Option<usize> {
        usize::try_from((slot.0 / CHUNK).checked_sub(self.first_chunk)?).ok()
    }

    fn place(&mut self, slot: Slot) -> Option<&mut Option<T>> {
        let at = self.chunk(slot)?;
        let chunk = self.chunks.get_mut(at)?.as_mut()?;
        Some(&mut Arc::make_mut(chunk)[(slot.0 % CHUNK) as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_go_in_any_order_and_a_clone_keeps_what_it_saw() {
        let mut list = ChunkedList::default();
        let slots: Vec<_> = (0..1_000).map(|number| list.push(number)).collect();
        let clone = list.clone();
        for (number, &slot) in slots.iter().enumerate() {
            if number % 200 != 7 {
                assert_eq!(list.remove(slot), Some(number));
                assert_eq!(list.remove(slot), None);
            }
        }
        *list.get_mut(slots[207]).unwrap() = 208;
        let left: Vec<_> = list.iter().copied().collect();
        assert_eq!(left, [7, 208, 407, 607, 807]);
        assert_eq!((list.len(), clone.len()), (5, 1_000));
        assert_eq!(
            clone.iter().copied().collect::<Vec<_>>(),
            Vec::from_iter(0..1_000)
        );
        // The second time without the first chunks.
        for first_left in [0, 1] {
            for least in 0..1_000 {
                let slot = list.partition_point(|&number| number < least);
                let next = list.from(slot).next().map(|(_, &number)| number);
                let mut left = left[first_left..].iter().copied();
                assert_eq!(next, left.find(|&number| number >= least));
            }
            list.remove(slots[7]);
        }
        let all: Vec<_> = list.from(Slot::FIRST).map(|(slot, _)| slot).collect();
        for slot in all {
            list.remove(slot);
        }
        assert_eq!((list.len(), list.push(1)), (0, Slot(1_000)));
    }
}
