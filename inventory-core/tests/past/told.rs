//! What a reader tells of the past, beside the truth.

use std::collections::BTreeSet;
use std::ops::Bound;

use inventory_core::engine::{HistoryQuery, PastError, ProductState, Reader};
use inventory_core::machine::{Event, Level};
use inventory_core::ports::EntryFilter;
use inventory_core::vocabulary::{ProductId, Sequence};

use crate::truth::{Happened, Truth};
use crate::world::{product, reference, store};

/// Whether what was told of a product is true: `None` when what is kept of the log cannot tell.
#[track_caller]
fn assert_true(
    truth: &Truth,
    floor: u64,
    at: u64,
    id: &ProductId,
    found: Result<Option<ProductState>, PastError>,
) {
    let expected = truth.at(at).get(id).cloned();
    let may_be_lost = floor > 0 && truth.has_buried(id);
    let found = match found {
        Ok(found) => found,
        Err(PastError::BeyondRetention { .. }) if may_be_lost => return,
        Err(error) => panic!("{id} at {at}: {error}"),
    };
    if may_be_lost && found.as_ref().is_some_and(|found| found.quarantined) {
        // It says itself that it is not sure of its numbers; of that it must be.
        assert!(expected.is_some_and(|expected| expected.quarantined));
        return;
    }
    assert_eq!(
        known(truth, floor, at, found),
        known(truth, floor, at, expected),
        "{id} at {at}, kept from {floor}"
    );
}

/// As much of a product as a log that was purged up to `floor` can tell: not that an empty level was there.
fn known(truth: &Truth, floor: u64, at: u64, told: Option<ProductState>) -> Option<ProductState> {
    let mut told = told?;
    if floor > 0 {
        told.levels.retain(|_, level| *level != Level::EMPTY);
        let at = truth.settled(at);
        let last = truth.last_touch(&told.id, at);
        let since = truth.last_touch(&told.id, truth.head());
        if last <= floor && since > at {
            told.updated_at = None;
        }
    }
    Some(told)
}

pub(crate) fn products(reader: &Reader, truth: &Truth) {
    let floor = reader.floor().number();
    for at in 0..=truth.head() {
        for number in 0..4 {
            let id = product(number);
            let found = reader.product_as_of(&id, Sequence::new(at));
            match at < floor {
                true => assert!(matches!(found, Err(PastError::BeyondRetention { .. }))),
                false => assert_true(truth, floor, at, &id, found),
            }
        }
    }
    let ahead = reader.product_as_of(&product(0), Sequence::new(truth.head() + 1));
    assert!(matches!(ahead, Err(PastError::AheadOfHead { .. })));
}

pub(crate) fn listings(reader: &Reader, truth: &Truth) {
    let floor = reader.floor().number();
    for at in floor..=truth.head() {
        for looked_max in [1, 2, 10] {
            let mut found = Vec::new();
            let mut after: Option<ProductId> = None;
            let ended = loop {
                let start = match &after {
                    Some(id) => Bound::Excluded(id.as_str()),
                    None => Bound::Included("p"),
                };
                let page = reader.products_as_of(start, "p", Sequence::new(at), looked_max);
                let page = match page {
                    Ok(page) => page,
                    Err(PastError::BeyondRetention { .. }) if floor > 0 => break false,
                    Err(error) => panic!("at {at}: {error}"),
                };
                found.extend(page.products);
                if page.ended {
                    break true;
                }
                after = page.last;
            };
            let lost = (0..4).any(|number| truth.has_buried(&product(number)));
            assert!(ended || lost, "at {at}, kept from {floor}");
            if !ended {
                continue;
            }
            assert!(found.is_sorted_by(|one, other| one.id < other.id));
            for number in 0..4 {
                let id = product(number);
                let told = found.iter().find(|told| told.id == id).cloned();
                assert_true(truth, floor, at, &id, Ok(told));
            }
        }
    }
}

pub(crate) fn times(reader: &Reader, truth: &Truth) {
    let floor = reader.floor().number();
    let times: BTreeSet<_> = truth.log.iter().map(|entry| entry.recorded_at).collect();
    let around = times.iter().flat_map(|time| {
        let before =
            inventory_core::vocabulary::Timestamp::from_millis(time.millis().saturating_sub(1));
        [
            before.expect("an earlier moment"),
            *time,
            time.plus_millis(1),
        ]
    });
    for time in around {
        let mut earlier = truth.log.iter().filter(|entry| entry.recorded_at <= time);
        let expected = earlier.next_back().map_or(0, |entry| entry.last().number());
        match reader.position_at(time) {
            Ok(found) => assert_eq!(found.number(), expected, "at {time}, kept from {floor}"),
            Err(PastError::BeyondRetention { .. }) => {
                assert!(0 < floor && expected <= floor && expected < truth.head());
            }
            Err(error) => panic!("{error}"),
        }
    }
    if truth.head() > 0 {
        let last = truth.recorded_at(truth.head());
        let head = reader.position_at(last.plus_millis(86_400_000));
        assert_eq!(head.expect("it is later").number(), truth.head());
    }
}

type Wanted = Box<dyn Fn(&Happened) -> bool>;

fn queries() -> Vec<(HistoryQuery, Wanted)> {
    let query = |filter, product, store| {
        HistoryQuery::new(filter)
            .with_product(product)
            .with_store(store)
    };
    let mut queries: Vec<(HistoryQuery, Wanted)> = Vec::new();
    for number in 0..3 {
        let id = product(number);
        let of = move |event: &Event| event.product() == Some(&product(number));
        let at = |event: &Event| {
            event
                .movement()
                .is_some_and(|moved| moved.store == store(1))
        };
        queries.push((
            query(EntryFilter::Product(id.clone()), None, None),
            Box::new(move |happened| of(&happened.event)),
        ));
        queries.push((
            query(EntryFilter::Level(id.clone(), store(1)), None, None),
            Box::new(move |happened| of(&happened.event) && at(&happened.event)),
        ));
        let named = move |happened: &Happened| {
            let beside = happened.entry.annotations.as_ref();
            let named = beside.and_then(|beside| beside.reference.as_ref());
            named == Some(&reference(usize::from(number)))
        };
        let filter = || EntryFilter::Reference(reference(usize::from(number)));
        queries.push((query(filter(), None, None), Box::new(named)));
        queries.push((
            query(filter(), Some(id), Some(store(1))),
            Box::new(move |happened| named(happened) && of(&happened.event) && at(&happened.event)),
        ));
    }
    queries
}

pub(crate) fn histories(reader: &Reader, truth: &Truth) {
    let floor = reader.floor();
    for (query, wanted) in queries() {
        let kept = truth.events.iter().rev();
        let kept = kept.filter(|happened| happened.sequence > floor && wanted(happened));
        let expected: Vec<_> = kept.collect();
        for limit in [1, 3, 1_000] {
            let mut found = Vec::new();
            let mut query = query.clone();
            loop {
                let page = reader.history(&query, limit).expect("memory never fails");
                assert!(page.events.len() <= limit);
                assert_eq!(page.is_whole, floor == Sequence::START);
                found.extend(page.events);
                query.before = page.next;
                if page.next.is_none() {
                    break;
                }
            }
            assert_eq!(found.len(), expected.len(), "{query:?}, {limit} at a time");
            for (found, expected) in found.iter().zip(&expected) {
                assert_eq!(found.sequence, expected.sequence);
                assert_eq!(found.request.annotations, expected.entry.annotations);
                match &found.event {
                    Event::DeadLettered(_) => {
                        assert!(expected.buried);
                        assert_eq!(found.before(), None);
                    }
                    event => {
                        assert_eq!(*event, expected.event);
                        assert!(expected.before.is_none() || found.before() == expected.before);
                    }
                }
            }
        }
    }
}
