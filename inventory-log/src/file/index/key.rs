//! What an index says of a line: that it is on a trail, and where it is.

use inventory_core::machine::Entry;
use inventory_core::ports::Trail;
use inventory_core::vocabulary::{ProductId, Reference};
use rapidhash::v3::{DEFAULT_RAPID_SECRETS, rapidhash_v3_seeded};

use super::stores::Stores;

/// Bytes of a key.
pub(super) const KEY_BYTES: usize = 16;

const OFFSET_BITS: u32 = 48;
const DETAIL_BITS: u32 = 32;
const SUBJECT_MASK: u64 = (1 << 48) - 1;
const OFFSET_MAX: u64 = (1 << OFFSET_BITS) - 1;
const TOUCHES: u32 = 1 << 31;
/// The number of a store that has none.
pub(super) const NO_STORE: u32 = TOUCHES - 1;

/// Keeps references apart from products of the same name.
const REFERENCES: u64 = 0x9e37_79b9_7f4a_7c15;

/// What a line is looked for by: 48 bits of a digest that is the same in every process. Two names may share it, so
/// whatever is found by it is read and compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::file) struct Subject(u64);

impl Subject {
    pub(in crate::file) fn of_product(product: &ProductId) -> Self {
        Self(digest(product.as_str()) & SUBJECT_MASK)
    }

    fn of_reference(reference: &Reference) -> Self {
        Self((digest(reference.as_str()) ^ REFERENCES) & SUBJECT_MASK)
    }

    pub(in crate::file) fn of_trail(trail: &Trail) -> Self {
        match trail {
            Trail::Product(product) | Trail::Level(product, _) => Self::of_product(product),
            Trail::Reference(reference) => Self::of_reference(reference),
        }
    }
}

/// The digest that the chain of a log is made with as well: its output is fixed by a specification.
fn digest(text: &str) -> u64 {
    rapidhash_v3_seeded(text.as_bytes(), &DEFAULT_RAPID_SECRETS)
}

/// One mention of a subject in a line. The order of keys is that of subjects, then of lines.
///
/// ```text
///  │ subject: 48 bits │ offset of the line: 48 │ touches: 1 │ number of the store: 31 │
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::file) struct Key(u128);

impl Key {
    /// A line that lies further out than a key can say, in a file of 256 TiB, is placed where none is: a search that
    /// meets it fails, and none passes it over.
    fn new(subject: Subject, offset: u64, detail: u32) -> Self {
        let (subject, offset) = (u128::from(subject.0), u128::from(offset.min(OFFSET_MAX)));
        Self(subject << (OFFSET_BITS + DETAIL_BITS) | offset << DETAIL_BITS | u128::from(detail))
    }

    /// The smallest and the largest key that a subject can have between two lines, these included.
    pub(super) fn bounds(subject: Subject, (from, to): (u64, u64)) -> (Self, Self) {
        (
            Self::new(subject, from, 0),
            Self::new(subject, to, u32::MAX),
        )
    }

    pub(super) fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(u128::from_le_bytes(bytes))
    }

    pub(super) fn to_bytes(self) -> [u8; KEY_BYTES] {
        self.0.to_le_bytes()
    }

    pub(super) fn is_of(self, subject: Subject) -> bool {
        self.0 >> (OFFSET_BITS + DETAIL_BITS) == u128::from(subject.0)
    }

    /// Where the line starts in its segment.
    pub(in crate::file) fn offset(self) -> u64 {
        (self.0 >> DETAIL_BITS) as u64 & OFFSET_MAX
    }

    /// Whether the event touches a level.
    pub(in crate::file) fn touches(self) -> bool {
        self.0 as u32 & TOUCHES != 0
    }

    /// The number of the event's store; [`NO_STORE`] when it has none.
    pub(super) fn store(self) -> u32 {
        self.0 as u32 & NO_STORE
    }

    /// The key with the number that its store has elsewhere.
    pub(super) fn with_store(self, number: u32) -> Self {
        Self(self.0 & !u128::from(NO_STORE) | u128::from(number))
    }
}

/// Appends the keys of an entry whose line starts at `offset`.
pub(super) fn push_keys(keys: &mut Vec<Key>, stores: &mut Stores, entry: &Entry, offset: u64) {
    for event in &entry.events {
        if let Some(product) = event.product() {
            let detail = event.movement().map_or(NO_STORE, |movement| {
                let touches = if movement.touches() { TOUCHES } else { 0 };
                touches | stores.number(&movement.store)
            });
            keys.push(Key::new(Subject::of_product(product), offset, detail));
        }
    }
    let beside = entry.annotations.as_ref();
    if let Some(reference) = beside.and_then(|beside| beside.reference.as_ref()) {
        keys.push(Key::new(Subject::of_reference(reference), offset, NO_STORE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These values are in files: an upgrade of the hasher that changed them would hide what the files tell of.
    #[test]
    fn a_subject_never_changes() {
        let product = Subject::of_product(&"tea".parse().unwrap());
        let reference = Subject::of_reference(&"tea".parse().unwrap());
        assert_eq!((product.0, reference.0), (PRODUCT, REFERENCE));
    }

    const PRODUCT: u64 = 5_740_000_040_566;
    const REFERENCE: u64 = 136_893_725_649_507;

    #[test]
    fn a_key_gives_back_what_it_was_made_of() {
        let subject = Subject(SUBJECT_MASK - 1);
        for offset in [0, 1, u64::from(u32::MAX) + 7, OFFSET_MAX] {
            let key = Key::new(subject, offset, TOUCHES | 5);
            assert!(key.is_of(subject) && key.touches());
            assert_eq!((key.offset(), key.store()), (offset, 5));
            let moved = key.with_store(NO_STORE);
            assert_eq!(
                (moved.offset(), moved.store(), moved.touches()),
                (offset, NO_STORE, true)
            );
            let (low, high) = Key::bounds(subject, (offset, offset));
            assert!(low <= key && key <= high);
            assert_eq!(Key::from_bytes(key.to_bytes()), key);
        }
    }
}
