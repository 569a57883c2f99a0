//! What is drawn of a line: every command, about few products, stores, reservations and transfers, so that they collide.

use inventory_core::vocabulary::{QUANTITY_MAX, TTL_SECONDS_MAX};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

pub(crate) const PRODUCTS: [&str; 3] = ["tea", "rice", "salt"];
pub(crate) const STORES: [&str; 2] = ["north", "south"];
const RESERVATIONS: [&str; 4] = ["r1", "r2", "r3", "r4"];
const TRANSFERS: [&str; 3] = ["t1", "t2", "t3"];

/// A level.
pub(crate) type Place = (&'static str, &'static str);

/// The version that a line demands, seen from the one that it will probably find.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Guarded {
    Not,
    Right,
    Behind,
    Ahead,
}

/// What a line asks for.
#[derive(Debug, Clone)]
pub(crate) enum Wish {
    Stock(Place, Amount, Guarded),
    Hold(&'static str, Place, u64, u64),
    /// Everything, or so much of some levels.
    Commit(&'static str, Option<Vec<(Place, u64)>>),
    Release(&'static str),
    Extend(&'static str, u64),
    /// From a store to another one, and of a product how much.
    Ship(&'static str, Place, &'static str, u64),
    /// Everything, or so much of some products.
    Receive(&'static str, Option<Vec<(&'static str, u64)>>),
    /// Returned, or lost.
    Close(&'static str, bool),
    /// Low, and how much more is enough.
    Alert(Place, u64, u64),
    Unalert(Place),
}

impl Wish {
    /// Makes it about the first reservation, for a minute, or the first transfer.
    fn make_one(&mut self) {
        match self {
            Self::Hold(id, _, _, seconds) | Self::Extend(id, seconds) => {
                (*id, *seconds) = (RESERVATIONS[0], 60);
            }
            Self::Commit(id, _) | Self::Release(id) => *id = RESERVATIONS[0],
            Self::Ship(id, ..) | Self::Receive(id, _) | Self::Close(id, _) => *id = TRANSFERS[0],
            Self::Stock(..) | Self::Alert(..) | Self::Unalert(_) => {}
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Amount {
    Adjust(i64),
    /// How many, and whether reservations may be released.
    Count(u64, bool),
    /// How many, how many there were then, and whether reservations may be released.
    Recount(u64, u64, bool),
    Merge(u64),
    Overwrite(u64),
}

/// Lines of one family, as most requests have.
pub(crate) fn family() -> impl Strategy<Value = Vec<Wish>> {
    prop_oneof![
        4 => vec(stock(), 1..5),
        3 => hold(),
        3 => vec(ending(), 1),
        2 => ship(),
        2 => vec(arriving(), 1),
        1 => vec(alert(), 1..4),
    ]
}

/// A line of any family.
pub(crate) fn any() -> impl Strategy<Value = Wish> {
    let first = |mut lines: Vec<Wish>| lines.swap_remove(0);
    prop_oneof![
        2 => stock(),
        2 => hold().prop_map(first),
        2 => ending(),
        1 => ship().prop_map(first),
        1 => arriving(),
        1 => alert(),
    ]
}

/// All that can happen to one reservation or transfer, in one request.
pub(crate) fn life() -> impl Strategy<Value = Vec<Wish>> {
    let held = vec(
        prop_oneof![3 => hold().boxed(), 2 => vec(ending(), 1).boxed()],
        2..5,
    );
    let sent = vec(
        prop_oneof![3 => ship().boxed(), 2 => vec(arriving(), 1).boxed()],
        2..5,
    );
    prop_oneof![held, sent].prop_map(|parts| {
        let mut lines = parts.concat();
        lines.iter_mut().for_each(Wish::make_one);
        lines
    })
}

/// Enough at a level for a while.
pub(crate) fn delivery() -> impl Strategy<Value = Wish> {
    (place(), 5..=20u64)
        .prop_map(|(place, units)| Wish::Stock(place, Amount::Count(units, false), Guarded::Not))
}

fn place() -> impl Strategy<Value = Place> {
    (select(&PRODUCTS[..]), select(&STORES[..]))
}

fn stock() -> impl Strategy<Value = Wish> {
    (place(), amount(), guarded())
        .prop_map(|(place, amount, guarded)| Wish::Stock(place, amount, guarded))
}

/// Mostly a few units, so that stock runs out; now and then as many as there can be, so that the ceiling is met.
fn amount() -> impl Strategy<Value = Amount> {
    let most = QUANTITY_MAX as i64;
    let count = |(counted, release)| Amount::Count(counted, release);
    prop_oneof![
        6 => (1..=6i64).prop_map(Amount::Adjust),
        6 => (-6..=-1i64).prop_map(Amount::Adjust),
        5 => (0..=12u64, proptest::bool::ANY).prop_map(count),
        2 => (0..=9u64, 0..=9u64, proptest::bool::ANY)
            .prop_map(|(counted, then, release)| Amount::Recount(counted, then, release)),
        2 => (0..=6u64).prop_map(Amount::Merge),
        2 => (0..=6u64).prop_map(Amount::Overwrite),
        1 => select(vec![most, most - 1, most / 2, -most / 2, 1 - most, -most]).prop_map(Amount::Adjust),
        1 => (select(vec![QUANTITY_MAX, QUANTITY_MAX - 3, QUANTITY_MAX / 2]), proptest::bool::ANY).prop_map(count),
    ]
}

fn units() -> impl Strategy<Value = u64> {
    prop_oneof![
        20 => 1..=4u64,
        1 => select(vec![QUANTITY_MAX, QUANTITY_MAX - 3, QUANTITY_MAX / 2]),
    ]
}

fn ttl() -> impl Strategy<Value = u64> {
    select(vec![1, 1, 2, 2, 60, 60, TTL_SECONDS_MAX])
}

/// Lines of one reservation, which now and then do not agree.
fn hold() -> impl Strategy<Value = Vec<Wish>> {
    let lines = vec((place(), units(), option::weighted(0.05, ttl())), 1..4);
    (select(&RESERVATIONS[..]), ttl(), lines).prop_map(|(id, ttl, lines)| {
        let lines = lines.into_iter();
        lines
            .map(|(place, units, other)| Wish::Hold(id, place, units, other.unwrap_or(ttl)))
            .collect()
    })
}

fn ending() -> impl Strategy<Value = Wish> {
    let reservation = || select(&RESERVATIONS[..]);
    let lines = vec((place(), 1..=3u64), 1..3);
    prop_oneof![
        2 => reservation().prop_map(|id| Wish::Commit(id, None)),
        2 => (reservation(), lines).prop_map(|(id, lines)| Wish::Commit(id, Some(lines))),
        2 => reservation().prop_map(Wish::Release),
        3 => (reservation(), ttl()).prop_map(|(id, ttl)| Wish::Extend(id, ttl)),
    ]
}

/// Lines of one transfer, which now and then do not agree, or lead nowhere.
fn ship() -> impl Strategy<Value = Vec<Wish>> {
    let line = (
        select(&PRODUCTS[..]),
        units(),
        proptest::bool::weighted(0.05),
    );
    let stores = (select(&STORES[..]), proptest::bool::weighted(0.1));
    (select(&TRANSFERS[..]), stores, vec(line, 1..4)).prop_map(|(id, (source, astray), lines)| {
        let other = |store| STORES[usize::from(store == STORES[0])];
        let lines = lines.into_iter().map(|(product, units, turned)| {
            let source = if turned { other(source) } else { source };
            let destination = if astray { source } else { other(source) };
            Wish::Ship(id, (product, source), destination, units)
        });
        lines.collect()
    })
}

fn arriving() -> impl Strategy<Value = Wish> {
    let transfer = || select(&TRANSFERS[..]);
    let lines = vec((select(&PRODUCTS[..]), 1..=3u64), 1..3);
    prop_oneof![
        2 => transfer().prop_map(|id| Wish::Receive(id, None)),
        3 => (transfer(), lines).prop_map(|(id, lines)| Wish::Receive(id, Some(lines))),
        2 => (transfer(), proptest::bool::ANY).prop_map(|(id, lost)| Wish::Close(id, lost)),
    ]
}

fn alert() -> impl Strategy<Value = Wish> {
    prop_oneof![
        3 => (place(), 0..=4u64, 1..=3u64).prop_map(|(place, low, more)| Wish::Alert(place, low, more)),
        1 => place().prop_map(Wish::Unalert),
    ]
}

pub(crate) fn guarded() -> impl Strategy<Value = Guarded> {
    prop_oneof![
        6 => Just(Guarded::Not),
        6 => Just(Guarded::Right),
        1 => Just(Guarded::Behind),
        1 => Just(Guarded::Ahead),
    ]
}
