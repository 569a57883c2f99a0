//! A replica is followed, answered, saved, and refuses what it must refuse.

use std::sync::Arc;

use inventory_core::conformance::{History, adjust, count};
use inventory_core::machine::{Entry, Event, Request};
use inventory_core::vocabulary::{Chain, Quantity, Sequence, Timestamp, Version};
use inventory_http::wire::Updated;

use super::*;

struct World {
    history: History,
    entries: Vec<Arc<Entry>>,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            history: History::new(),
            entries: Vec::new(),
        };
        world.write(&[("tea", "north", 9)]);
        world.write(&[("tea", "south", 4), ("milk", "north", 2)]);
        world.write(&[("tea", "north", -1)]);
        world
    }

    fn write(&mut self, lines: &[(&str, &str, i64)]) {
        let lines = lines
            .iter()
            .map(|(product, store, by)| adjust(product, store, *by));
        let request = Request::unkeyed(lines.collect()).unwrap();
        self.entries.push(self.history.write(&request));
    }

    fn page(&self, range: std::ops::Range<usize>) -> Changes<'_> {
        let entries = &self.entries[range];
        let events = entries.iter().flat_map(|entry| {
            let events = entry.numbered();
            events.map(|(at, event)| WireEvent::of(entry, at, event))
        });
        Changes {
            events: events.collect(),
            next_offset: entries.last().map_or(Sequence::START, |entry| entry.last()),
            has_more: false,
            head_offset: entries.last().map_or(Sequence::START, |entry| entry.last()),
            epoch: Epoch::from_random(1),
        }
    }

    /// A replica that has followed the first entries.
    fn replica(&self, entries: usize) -> Replica {
        let mut replica = empty();
        replica.follow(&self.page(0..entries)).unwrap();
        replica
    }
}

/// A replica of a log without an event.
pub(crate) fn empty() -> Replica {
    let snapshot = StateSnapshot {
        state: Default::default(),
        last_offset: Sequence::START,
        epoch: Epoch::from_random(1),
        chain: Chain::default(),
        recorded_at: Timestamp::UNIX_EPOCH,
        unknown_before: Sequence::START,
        keys_remembered_since: None,
    };
    Replica::from_snapshot(&snapshot).unwrap()
}

/// Version, total and what is at north.
fn tea(replica: &Replica) -> Option<(u64, u64, u64)> {
    let shown = replica.product(&"tea".parse().unwrap(), &"north".parse().unwrap())?;
    Some((
        shown.version.number(),
        shown.available.units(),
        shown.store_quantity.units(),
    ))
}

fn answer(product: &str, version: u64, total: u64, north: u64) -> Updated {
    Updated {
        product_id: product.parse().unwrap(),
        new_quantity: Quantity::new(total).unwrap(),
        new_version: Version::new(version).unwrap(),
        applied: true,
        last_updated: Timestamp::UNIX_EPOCH,
        store_id: "north".parse().unwrap(),
        store_quantity: Quantity::new(north).unwrap(),
    }
}

#[test]
fn a_page_that_overlaps_is_followed_from_where_the_replica_stands() {
    let world = World::new();
    let mut replica = world.replica(1);
    let followed = replica.follow(&world.page(0..3)).unwrap();
    assert_eq!(
        (followed.events, followed.position),
        (3, replica.position())
    );
    assert_eq!(tea(&replica), Some((3, 12, 8)));
    assert_eq!(replica.follow(&world.page(0..2)).unwrap().events, 0);
    assert_eq!(replica.position().chain, world.entries[2].chain);
}

#[test]
fn a_page_that_does_not_continue_is_refused_and_changes_nothing() {
    type Damage = fn(&mut Changes<'_>);
    let damages: [(Damage, &str); 9] = [
        (|page| page.epoch = Epoch::from_random(2), "Epoch"),
        (|page| page.next_offset = Sequence::new(9), "Gap"),
        (|page| drop(page.events.drain(..2)), "Gap"),
        (|page| drop(page.events.remove(0)), "Incomplete"),
        (|page| page.events[2].chain = Chain::from_bits(1), "Chain"),
        (|page| page.events[2].delta = page.events[0].delta, "Chain"),
        (
            |page| {
                page.events[2].kind = "StockTeleported".into();
                page.events[2].on_hand = None;
            },
            "Malformed",
        ),
        (
            |page| {
                page.events[2].kind = "StockTeleported".into();
                page.events[2].ts = Timestamp::UNIX_EPOCH;
            },
            "Chain",
        ),
        (|page| page.events[2].reserved = None, "Malformed"),
    ];
    let world = World::new();
    for (damage, reason) in damages {
        let mut replica = world.replica(1);
        let before = replica.freeze().to_snapshot();
        let mut page = world.page(1..3);
        damage(&mut page);
        let diverged = replica.follow(&page).unwrap_err();
        assert!(
            format!("{diverged:?}").contains(reason),
            "{diverged:?} is not {reason}"
        );
        assert_eq!(replica.freeze().to_snapshot(), before, "{reason}");
    }
}

#[test]
fn a_replica_that_differs_from_central_stops_at_the_last_whole_entry() {
    let world = World::new();
    let mut snapshot = world.replica(1).freeze().to_snapshot();
    let tea = snapshot
        .state
        .get_mut("tea".parse().as_ref().unwrap())
        .unwrap();
    tea.version = Version::new(7).unwrap();
    let mut replica = Replica::from_snapshot(&snapshot).unwrap();
    let diverged = replica.follow(&world.page(1..3)).unwrap_err();
    let at = Sequence::new(2);
    assert!(matches!(diverged, Diverged::Inapplicable { at: found, .. } if found == at));
    assert_eq!(replica.freeze().to_snapshot(), snapshot);
}

#[test]
fn what_an_unknown_event_leaves_behind_is_taken_over_and_the_rest_is_held_against_its_chain() {
    let mut world = World::new();
    world.write(&[("tea", "north", -2), ("milk", "south", 3)]);
    let renamed = |range: std::ops::Range<usize>, which: &[usize]| {
        let mut page = world.page(range);
        for at in which {
            page.events[*at].kind = "StockTeleported".into();
        }
        page
    };
    // One of two lines, one alone, both of two.
    for which in [&[1][..], &[3], &[4, 5], &[1, 2, 3, 4]] {
        let mut replica = empty();
        let followed = replica.follow(&renamed(0..4, which)).unwrap();
        assert_eq!(followed.taken_over, which.len() as u64);
        let straight = world.replica(4).freeze().to_snapshot();
        assert_eq!(replica.freeze().to_snapshot(), straight, "{which:?}");
        assert_eq!(replica.follow(&world.page(0..4)).unwrap().taken_over, 0);
    }
    // The page may begin before: what is known of it already is held against what is here.
    let mut page = renamed(0..4, &[3]);
    page.events[0].chain = Chain::from_bits(1);
    let mut replica = world.replica(1);
    let before = replica.freeze().to_snapshot();
    assert!(matches!(replica.follow(&page), Err(Diverged::Chain { .. })));
    assert_eq!(replica.freeze().to_snapshot(), before);
    // What comes after it is checked as ever.
    let mut page = renamed(0..4, &[3]);
    page.events[3].chain = Chain::from_bits(1);
    let mut replica = empty();
    assert!(matches!(replica.follow(&page), Err(Diverged::Chain { .. })));
    // What does not follow from what is here is not taken over.
    let mut page = renamed(0..4, &[3]);
    page.events[3].new_version = Some(Version::new(9).unwrap());
    assert!(matches!(
        replica.follow(&page),
        Err(Diverged::Inapplicable { .. })
    ));
}

#[test]
fn a_dead_letter_quarantines_its_product() {
    let mut world = World::new();
    let mut buried = Entry::clone(&world.entries[2]);
    let event = &mut buried.events[0];
    *event = Event::DeadLettered(inventory_core::machine::DeadLettered {
        product: event.product().cloned(),
        version: event.version(),
        raw: "it made no sense".into(),
    });
    world.entries[2] = Arc::new(buried);
    let replica = world.replica(3);
    let shown = replica.product(&"tea".parse().unwrap(), &"north".parse().unwrap());
    assert!(shown.unwrap().quarantined);
    assert_eq!(tea(&replica), Some((3, 13, 9)));
}

#[test]
fn an_answer_shows_until_the_log_has_brought_it() {
    let world = World::new();
    let mut replica = world.replica(2);
    replica.answered(&answer("tea", 3, 12, 8));
    assert_eq!(tea(&replica), Some((3, 12, 8)));
    replica.answered(&answer("tea", 2, 13, 9));
    assert_eq!(
        tea(&replica),
        Some((3, 12, 8)),
        "an older answer changes nothing"
    );
    let south = replica.product(&"tea".parse().unwrap(), &"south".parse().unwrap());
    assert_eq!(
        south.unwrap().version.number(),
        2,
        "the answer says nothing of south"
    );
    replica.follow(&world.page(2..3)).unwrap();
    assert_eq!(tea(&replica), Some((3, 12, 8)));
    replica.answered(&answer("tea", 1, 9, 9));
    assert_eq!(
        tea(&replica),
        Some((3, 12, 8)),
        "a replayed answer changes nothing"
    );
}

#[test]
fn an_answer_that_central_has_lost_goes_with_the_second_page() {
    let world = World::new();
    let mut replica = world.replica(2);
    replica.answered(&answer("tea", 9, 1, 1));
    replica.follow(&world.page(2..3)).unwrap();
    assert_eq!(
        tea(&replica),
        Some((9, 1, 1)),
        "the page may have been asked for before"
    );
    let mut more = world.page(2..3);
    more.has_more = true;
    replica.follow(&more).unwrap();
    assert_eq!(tea(&replica), Some((9, 1, 1)), "the log does not end there");
    replica.follow(&world.page(2..3)).unwrap();
    assert_eq!(tea(&replica), Some((3, 12, 8)));
}

#[test]
fn a_listing_has_what_only_an_answer_knows() {
    let world = World::new();
    let mut replica = world.replica(3);
    for product in ["anise", "oat", "zimt"] {
        replica.answered(&answer(product, 1, 5, 5));
    }
    let mut listed = Vec::new();
    let mut after = None;
    loop {
        let page = replica.page(after.as_ref(), 2, &"north".parse().unwrap());
        after = page.items.last().map(|shown| shown.product.clone());
        listed.extend(page.items.iter().map(|shown| shown.product.to_string()));
        if !page.has_more {
            break;
        }
    }
    assert_eq!(listed, ["anise", "milk", "oat", "tea", "zimt"]);
}

#[test]
fn what_was_frozen_is_read_back_and_followed_on() {
    let world = World::new();
    let frozen = world.replica(2).freeze();
    let text = serde_json::to_string(&frozen).unwrap();
    let read: StateSnapshot = serde_json::from_str(&text).unwrap();
    assert_eq!(read, frozen.to_snapshot());
    let mut replica = Replica::from_snapshot(&read).unwrap();
    assert_eq!(replica.position(), frozen.position());
    replica.follow(&world.page(0..3)).unwrap();
    let straight = world.replica(3).freeze().to_snapshot();
    assert_eq!(replica.freeze().to_snapshot(), straight);
}

#[test]
fn a_snapshot_that_contradicts_itself_is_refused() {
    let world = World::new();
    let snapshot = world.replica(3).freeze().to_snapshot();
    let mut wrong_total = snapshot.clone();
    let tea = wrong_total.state.values_mut().last().unwrap();
    tea.qty = Quantity::ZERO;
    assert!(matches!(
        Replica::from_snapshot(&wrong_total),
        Err(InvalidSnapshot::State(_))
    ));
    let mut over_reserved = snapshot;
    let tea = over_reserved.state.values_mut().last().unwrap();
    let level = tea.levels.values_mut().last().unwrap();
    level.reserved = Quantity::MAX;
    assert!(matches!(
        Replica::from_snapshot(&over_reserved),
        Err(InvalidSnapshot::Level { .. })
    ));
}

#[test]
fn after_a_loss_a_product_is_believed_when_each_of_its_levels_was_counted() {
    let mut world = World::new();
    let mut snapshot = world.replica(3).freeze().to_snapshot();
    snapshot.unknown_before = snapshot.last_offset.next();
    for product in snapshot.state.values_mut() {
        product.quarantined = true;
        product
            .levels
            .values_mut()
            .for_each(|level| level.unproved = true);
    }
    let mut replica = Replica::from_snapshot(&snapshot).unwrap();
    assert_eq!(replica.freeze().to_snapshot(), snapshot);
    for (store, believed) in [("north", false), ("south", true)] {
        let request = Request::unkeyed(vec![count("tea", store, 7)]).unwrap();
        world.entries.push(world.history.write(&request));
        let last = world.entries.len() - 1;
        replica.follow(&world.page(last..last + 1)).unwrap();
        // Also when it is saved and read back in between.
        replica = Replica::from_snapshot(&replica.freeze().to_snapshot()).unwrap();
        let tea = replica.product(&"tea".parse().unwrap(), &"north".parse().unwrap());
        assert_eq!(tea.unwrap().quarantined, !believed, "{store} was counted");
    }
}
