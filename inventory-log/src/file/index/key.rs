//! Index key: a subject, and where a line about it starts.

use inventory_core::machine::Entry;
use inventory_core::ports::EntryFilter;
use inventory_core::vocabulary::{ProductId, Reference, StoreId};
use rapidhash::v3::{DEFAULT_RAPID_SECRETS, rapidhash_v3_seeded};

/// Bytes of a key.
pub(super) const KEY_BYTES: usize = 16;

const OFFSET_BITS: u32 = 48;
const PART_BITS: u32 = 32;
const NAME_MASK: u64 = (1 << 48) - 1;
const OFFSET_MAX: u64 = (1 << OFFSET_BITS) - 1;
/// The part of a level that is touched.
const TOUCHES: u32 = 1 << 31;

/// Keeps references apart from products of the same name.
const REFERENCES: u64 = 0x9e37_79b9_7f4a_7c15;

/// What a line is looked for by: 48 bits of the digest of a name, and which part of what is said of it. Digests are the same
/// in every process. Two names may share one, so whatever is found by it is read and compared.
///
/// The parts of a product are neighbours: all of its events, then for each store those that say something of the level, and
/// those that touch it. So a level is a range of keys, and its last touch before a line is found in one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::file) struct Subject(u128);

impl Subject {
    fn new(name: u64, part: u32) -> Self {
        Self(u128::from(name & NAME_MASK) << PART_BITS | u128::from(part))
    }

    fn of_product(product: &ProductId) -> Self {
        Self::new(digest(product.as_str()), 0)
    }

    /// The events that touch a level.
    pub(in crate::file) fn of_touches(product: &ProductId, store: &StoreId) -> Self {
        Self::new(digest(product.as_str()), TOUCHES | store_part(store))
    }

    /// The other events of a level.
    fn of_remarks(product: &ProductId, store: &StoreId) -> Self {
        Self::new(digest(product.as_str()), store_part(store))
    }

    fn of_reference(reference: &Reference) -> Self {
        Self::new(digest(reference.as_str()) ^ REFERENCES, 0)
    }

    fn of_level(product: &ProductId, store: &StoreId) -> Vec<Self> {
        vec![
            Self::of_touches(product, store),
            Self::of_remarks(product, store),
        ]
    }

    /// What the lines of a filter are found by: each has one subject of each list.
    pub(in crate::file) fn of_filter(filter: &EntryFilter) -> Vec<Vec<Self>> {
        match filter {
            EntryFilter::Product(product) => vec![vec![Self::of_product(product)]],
            EntryFilter::Level(product, store) => vec![Self::of_level(product, store)],
            EntryFilter::Reference(reference) => vec![vec![Self::of_reference(reference)]],
            EntryFilter::Named(reference, product, store) => vec![
                vec![Self::of_reference(reference)],
                match store {
                    None => vec![Self::of_product(product)],
                    Some(store) => Self::of_level(product, store),
                },
            ],
        }
    }
}

/// The digest that the chain of a log is made with as well: its output is fixed by a specification.
fn digest(text: &str) -> u64 {
    rapidhash_v3_seeded(text.as_bytes(), &DEFAULT_RAPID_SECRETS)
}

/// 31 bits of a store, which are not those of all events of a product.
fn store_part(store: &StoreId) -> u32 {
    (digest(store.as_str()) as u32 & !TOUCHES).max(1)
}

/// One mention of a subject in a line. The order of keys is that of subjects, then of lines.
///
/// ```text
///  │ name: 48 bits │ part: 32 │ offset of the line: 48 │
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u128);

impl Key {
    /// A line that lies further out than a key can say, in a file of 256 TiB, is placed where none is: a search that
    /// meets it fails, and none passes it over.
    pub(super) fn new(subject: Subject, offset: u64) -> Self {
        Self(subject.0 << OFFSET_BITS | u128::from(offset.min(OFFSET_MAX)))
    }

    pub(super) fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(u128::from_le_bytes(bytes))
    }

    pub(super) fn to_bytes(self) -> [u8; KEY_BYTES] {
        self.0.to_le_bytes()
    }

    pub(super) fn is_of(self, subject: Subject) -> bool {
        self.0 >> OFFSET_BITS == subject.0
    }

    /// Where the line starts in its segment.
    pub(super) fn offset(self) -> u64 {
        self.0 as u64 & OFFSET_MAX
    }
}

/// Appends the keys of an entry whose line starts at `offset`.
pub(super) fn push_keys(keys: &mut Vec<Key>, entry: &Entry, offset: u64) {
    for event in &entry.events {
        let Some(product) = event.product() else {
            continue;
        };
        let name = digest(product.as_str());
        keys.push(Key::new(Subject::new(name, 0), offset));
        if let Some(movement) = event.movement() {
            let touches = if movement.touches() { TOUCHES } else { 0 };
            let part = touches | store_part(&movement.store);
            keys.push(Key::new(Subject::new(name, part), offset));
        }
    }
    let beside = entry.annotations.as_ref();
    if let Some(reference) = beside.and_then(|beside| beside.reference.as_ref()) {
        keys.push(Key::new(Subject::of_reference(reference), offset));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These values are in files: an upgrade of the hasher that changed them would hide what the files tell of.
    #[test]
    fn a_subject_never_changes() {
        let (product, store) = ("tea".parse().unwrap(), "north".parse().unwrap());
        let reference = Subject::of_reference(&"tea".parse().unwrap());
        for (subject, name, part) in [
            (Subject::of_product(&product), PRODUCT, 0),
            (
                Subject::of_touches(&product, &store),
                PRODUCT,
                TOUCHES | STORE,
            ),
            (Subject::of_remarks(&product, &store), PRODUCT, STORE),
            (reference, REFERENCE, 0),
        ] {
            assert_eq!(subject, Subject::new(name, part));
        }
    }

    const PRODUCT: u64 = 5_740_000_040_566;
    const REFERENCE: u64 = 136_893_725_649_507;
    const STORE: u32 = 1_059_683_397;

    #[test]
    fn a_key_gives_back_what_it_was_made_of() {
        let subject = Subject::new(NAME_MASK - 1, TOUCHES | 5);
        let other = Subject::new(NAME_MASK - 1, TOUCHES | 6);
        for offset in [0, 1, u64::from(u32::MAX) + 7, OFFSET_MAX] {
            let key = Key::new(subject, offset);
            assert!(key.is_of(subject) && !key.is_of(other));
            assert_eq!(key.offset(), offset);
            assert!(key < Key::new(other, 0));
            assert_eq!(Key::from_bytes(key.to_bytes()), key);
        }
    }
}
