//! Comparison of a snapshot with the log.
//!
//! How long ended reservations and keys are remembered is a setting of who writes: of those, what both know is compared.

use std::collections::BTreeMap;

use inventory_core::machine::Entry;
use inventory_core::machine::replica::Image;
use inventory_core::vocabulary::Sequence;

/// The first difference between what a snapshot has and what the log amounts to at its position; `None` when there is none.
pub(super) fn difference(snapshot: &Image, log: &Image) -> Option<String> {
    let (found, expected) = (snapshot.head(), log.head());
    if found != expected {
        return Some(format!(
            "it stands for position {} with chain {}, where the log has position {} with chain {}",
            found.sequence, found.chain, expected.sequence, expected.chain
        ));
    }
    if !snapshot.stores().eq(log.stores()) {
        return Some("its stores are not those of the log".to_owned());
    }
    products(snapshot, log)
        .or_else(|| reservations(snapshot, log))
        .or_else(|| transfers(snapshot, log))
        .or_else(|| keys(snapshot, log))
        .or_else(|| {
            let differs = !snapshot.lapsed().eq(log.lapsed());
            differs.then(|| "what has lapsed in it is not what has lapsed in the log".to_owned())
        })
        .or_else(|| {
            let differs = snapshot.buried() != log.buried();
            differs.then(|| "its positions without effect are not those of the log".to_owned())
        })
        .or_else(|| {
            let (found, expected) = (snapshot.unknown_before(), log.unknown_before());
            let differs = found != expected;
            differs.then(|| format!("it knows nothing before position {found}, the log {expected}"))
        })
}

fn products(snapshot: &Image, log: &Image) -> Option<String> {
    let (found, expected) = (snapshot.product_count(), log.product_count());
    if found != expected {
        return Some(format!("it has {found} products, the log makes {expected}"));
    }
    let pairs = snapshot.products().zip(log.products());
    pairs.into_iter().find_map(|(found, expected)| {
        let same = found.id() == expected.id()
            && found.version() == expected.version()
            && found.total() == expected.total()
            && found.updated_at() == expected.updated_at()
            && found.quarantined() == expected.quarantined()
            && found.levels().eq(expected.levels())
            && found.counted_at().eq(expected.counted_at())
            && found.alerts().eq(expected.alerts());
        (!same).then(|| {
            format!(
                "product {} is at version {} with {} available, the log makes it {} at version {} with {}",
                found.id(),
                found.version(),
                found.total(),
                expected.id(),
                expected.version(),
                expected.total()
            )
        })
    })
}

/// By the position that opened it: what differs, or is open in one of them and unknown to the other.
fn records<T: PartialEq>(
    found: BTreeMap<Sequence, (bool, T)>,
    expected: BTreeMap<Sequence, (bool, T)>,
) -> Option<Sequence> {
    let differs = found.iter().find(|(at, (open, record))| {
        expected
            .get(at)
            .map_or(*open, |(_, expected)| expected != record)
    });
    let mut opened = expected.iter();
    let missing = || opened.find(|(at, (open, _))| *open && !found.contains_key(at));
    let at = differs.or_else(missing);
    at.map(|(at, _)| *at)
}

fn reservations(snapshot: &Image, log: &Image) -> Option<String> {
    let all = |image: &Image| {
        let all = image.reservations();
        let by_position = all.map(|one| (one.opened, (one.is_open(), one.clone())));
        by_position.collect::<BTreeMap<_, _>>()
    };
    let at = records(all(snapshot), all(log))?;
    Some(format!(
        "the reservation of position {at} is not what the log makes it"
    ))
}

fn transfers(snapshot: &Image, log: &Image) -> Option<String> {
    let all = |image: &Image| {
        let all = image.transfers();
        let by_position = all.map(|one| (one.opened, (one.is_open(), one.clone())));
        by_position.collect::<BTreeMap<_, _>>()
    };
    let at = records(all(snapshot), all(log))?;
    Some(format!(
        "the transfer of position {at} is not what the log makes it"
    ))
}

fn keys(snapshot: &Image, log: &Image) -> Option<String> {
    let expected: BTreeMap<Sequence, Entry> =
        log.window().map(|entry| (entry.first, entry)).collect();
    let differs = snapshot.window().find(|entry| {
        let expected = expected.get(&entry.first);
        expected.is_some_and(|expected| expected != entry)
    })?;
    Some(format!(
        "the key of position {} is not what the log has",
        differs.first
    ))
}
