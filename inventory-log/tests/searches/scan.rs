//! Scan: a reader that has no searches of its own.

use std::sync::Arc;

use inventory_core::machine::Entry;
use inventory_core::ports::{EntryFilter, Levels, LogReader, ReadError, Wanted};
use inventory_core::vocabulary::{ProductId, Sequence, StoreId, Timestamp};

use super::{PRODUCTS, STORES};

/// Reads all of the log for every search.
struct Scan<'a>(&'a dyn LogReader);

impl LogReader for Scan<'_> {
    fn floor(&self) -> Sequence {
        self.0.floor()
    }

    fn read(&self, after: Sequence, events_max: usize) -> Result<Vec<Arc<Entry>>, ReadError> {
        self.0.read(after, events_max)
    }
}

/// What searches answer for positions and times that are `step` apart.
pub(crate) fn answers(reader: &dyn LogReader, step: usize) -> Vec<String> {
    let floor = reader.floor();
    let wanted = Wanted::default();
    let mut answers = Vec::new();
    for ms in (0..300).step_by(step) {
        let time = Timestamp::UNIX_EPOCH.plus_millis(ms);
        answers.push(format!("{time:?}: {:?}", reader.position_at(time)));
    }
    for position in (0..300).step_by(step).map(Sequence::new) {
        if position > floor {
            let extent = reader.extent(position);
            answers.push(format!("at {position}: {extent:?}"));
        }
        for (at, product) in PRODUCTS.iter().enumerate() {
            let product: ProductId = product.parse().unwrap();
            let stores = STORES.iter().chain(["nowhere"].iter());
            let levels = stores.map(|store| (product.clone(), store.parse().unwrap()));
            let levels: Levels = levels.skip(at).collect();
            let last = reader.last_touches(&levels, position, &wanted);
            answers.push(format!("{product} back from {position}: {last:?}"));
            if position >= floor {
                let first = reader.first_touches(&levels, position, &wanted);
                answers.push(format!("{product} on from {position}: {first:?}"));
            }
            let store: StoreId = STORES[at].parse().unwrap();
            for filter in [
                EntryFilter::Reference(product.as_str().parse().unwrap()),
                EntryFilter::Named("tea".parse().unwrap(), product.clone(), None),
                EntryFilter::Named("tea".parse().unwrap(), product.clone(), Some(store.clone())),
                EntryFilter::Level(product.clone(), store),
                EntryFilter::Product(product),
            ] {
                for entries_max in [2, 40] {
                    let found = reader.filtered(&filter, position, entries_max, &wanted);
                    answers.push(format!("{filter:?} back from {position}: {found:?}"));
                }
            }
        }
    }
    answers
}

/// Compares searches with those of somebody who reads everything.
pub(crate) fn compare(reader: &dyn LogReader, step: usize) {
    let found = answers(reader, step);
    let expected = answers(&Scan(reader), step);
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
}
