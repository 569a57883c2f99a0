//! A growing list whose copies share their elements.

use std::sync::Arc;

/// Elements of one chunk: a copy of the list costs one reference per chunk, the first change of a shared chunk costs a
/// copy of this many elements.
const CHUNK: usize = 64;

type Chunk<T> = [Option<T>; CHUNK];

/// A list that only grows, with stable positions, and whose clones are copy-on-write by chunk.
///
/// **Invariant**: exactly the slots below `len` are filled.
#[derive(Debug)]
pub(in crate::machine) struct Arena<T> {
    chunks: Vec<Arc<Chunk<T>>>,
    len: usize,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            len: 0,
        }
    }
}

impl<T> Clone for Arena<T> {
    fn clone(&self) -> Self {
        Self {
            chunks: self.chunks.clone(),
            len: self.len,
        }
    }
}

impl<T: Clone> Arena<T> {
    pub(in crate::machine) fn len(&self) -> usize {
        self.len
    }

    /// The element at a position that [`Arena::push`] has returned.
    pub(in crate::machine) fn at(&self, position: impl Into<usize>) -> &T {
        let position = position.into();
        self.chunks[position / CHUNK][position % CHUNK]
            .as_ref()
            .expect("positions come from push, so their slots are filled")
    }

    /// As [`Arena::at`]; copies the chunk when a clone of the list shares it.
    pub(in crate::machine) fn at_mut(&mut self, position: impl Into<usize>) -> &mut T {
        let position = position.into();
        Arc::make_mut(&mut self.chunks[position / CHUNK])[position % CHUNK]
            .as_mut()
            .expect("positions come from push, so their slots are filled")
    }

    /// Appends an element and returns its position.
    pub(in crate::machine) fn push(&mut self, element: T) -> usize {
        let position = self.len;
        if position.is_multiple_of(CHUNK) {
            self.chunks.push(Arc::new([const { None }; CHUNK]));
        }
        Arc::make_mut(&mut self.chunks[position / CHUNK])[position % CHUNK] = Some(element);
        self.len += 1;
        position
    }

    pub(in crate::machine) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_keeps_what_it_saw() {
        let mut list = Arena::default();
        for number in 0..200 {
            assert_eq!(list.push(number), number);
        }
        let clone = list.clone();
        *list.at_mut(70_usize) = 1_000;
        list.push(200);
        assert_eq!(
            clone.iter().copied().collect::<Vec<_>>(),
            Vec::from_iter(0..200)
        );
        assert_eq!(
            (*list.at(70_usize), *list.at(71_usize), list.len()),
            (1_000, 71, 201)
        );
    }
}
