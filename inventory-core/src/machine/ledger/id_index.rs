//! Finds things by their ids.

use hashbrown::HashTable;

/// The places of things that have ids, by the hashes of these. The ids stand where the things are and not here again, which keeps
/// an entry as small as its place and four bytes.
///
/// **Invariant**: no two places are of the same id.
#[derive(Debug)]
pub(in crate::machine) struct IdIndex<P>(HashTable<Listed<P>>);

/// A place, and as much of its id's hash as finds it again when the table grows.
#[derive(Debug, Clone, Copy)]
struct Listed<P> {
    hash: u32,
    place: P,
}

impl<P> Listed<P> {
    fn hash(&self) -> u64 {
        spread(self.hash)
    }
}

/// Fills 64 bits, of which the table uses both ends, from 32 that are random.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl<P> Default for IdIndex<P> {
    fn default() -> Self {
        Self(HashTable::new())
    }
}

impl<P: Copy + PartialEq> IdIndex<P> {
    /// The places of ids that are all different, each with the hash of its id.
    pub(in crate::machine) fn of(listed: impl Iterator<Item = (u64, P)>) -> Self {
        let mut index = Self::default();
        index.reserve(listed.size_hint().0);
        listed.for_each(|(hash, place)| index.insert(hash, place));
        index
    }

    pub(in crate::machine) fn len(&self) -> usize {
        self.0.len()
    }

    pub(in crate::machine) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many places there is room for.
    pub(in crate::machine) fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// Forgets all places.
    pub(in crate::machine) fn clear(&mut self) {
        self.0.clear();
    }

    /// The place of the id with a hash: `is_its` says whether a place with that hash is.
    #[inline]
    pub(in crate::machine) fn find(&self, hash: u64, is_its: impl Fn(P) -> bool) -> Option<P> {
        let hash = hash as u32;
        let found = self.0.find(spread(hash), |listed| {
            listed.hash == hash && is_its(listed.place)
        });
        found.map(|listed| listed.place)
    }

    /// Lists the place of an id that has none.
    pub(in crate::machine) fn insert(&mut self, hash: u64, place: P) {
        let hash = hash as u32;
        let listed = Listed { hash, place };
        self.0.insert_unique(spread(hash), listed, Listed::hash);
    }

    /// Lists the place of an id in the place of the one that `is_its` finds, and returns that.
    pub(in crate::machine) fn replace(
        &mut self,
        hash: u64,
        place: P,
        is_its: impl Fn(P) -> bool,
    ) -> Option<P> {
        let short = hash as u32;
        let found = self.0.find_mut(spread(short), |listed| {
            listed.hash == short && is_its(listed.place)
        });
        match found {
            Some(listed) => Some(std::mem::replace(&mut listed.place, place)),
            None => {
                self.insert(hash, place);
                None
            }
        }
    }

    /// Lists a place no more.
    pub(in crate::machine) fn remove(&mut self, hash: u64, place: P) {
        let hash = hash as u32;
        let listed = self.0.find_entry(spread(hash), |listed| {
            listed.hash == hash && listed.place == place
        });
        if let Ok(listed) = listed {
            listed.remove();
        }
    }

    /// Makes room for so many places.
    pub(in crate::machine) fn reserve(&mut self, places: usize) {
        self.0.reserve(places, Listed::hash);
    }

    /// Bytes that the table has asked the system for: a byte beside each entry.
    #[cfg(test)]
    pub(in crate::machine) fn allocated(&self) -> usize {
        self.0.num_buckets() * (size_of::<Listed<P>>() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_one_hash_are_told_apart() {
        let names = ["tea", "rice", "salt", "oil"];
        let mut index = IdIndex::default();
        let find = |index: &IdIndex<usize>, name: &str| index.find(7, |at| names[at] == name);
        for (at, name) in names.iter().enumerate().take(3) {
            assert_eq!(find(&index, name), None);
            index.insert(7, at);
            assert_eq!(find(&index, name), Some(at));
        }
        index.remove(7, 1);
        let found = names.map(|name| find(&index, name));
        assert_eq!(found, [Some(0), None, Some(2), None]);
        let replaced = index.replace(7, 3, |at| names[at] == "tea");
        assert_eq!((replaced, index.len()), (Some(0), 2));
        assert_eq!(find(&index, "oil"), Some(3));
    }

    #[test]
    fn what_is_listed_is_found_however_much_the_table_grows() {
        let hash = |number: u64| number.wrapping_mul(0xd6e8_feb8_6659_fd93) >> 13;
        let mut index = IdIndex::default();
        for number in 0..20_000 {
            index.insert(hash(number), number);
        }
        (0..20_000)
            .step_by(3)
            .for_each(|number| index.remove(hash(number), number));
        for number in 0..20_000 {
            let found = index.find(hash(number), |found| found == number);
            assert_eq!(found.is_some(), number % 3 != 0, "{number}");
        }
    }
}
