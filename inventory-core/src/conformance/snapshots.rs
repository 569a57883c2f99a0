//! The contract of [`SnapshotStore`].

use super::promised::{reservation, transfer};
use super::{History, adjust, assert_same_image, count};
use crate::machine::{
    Alert, Buried, Command, Head, Hold, Image, ImageBuilder, ImageEntry, ImageProduct,
    KeysForgotten, Level, Request, ReservationState, SetAlert, Ship, Thresholds, TransferState,
};
use crate::ports::{Loaded, Snapshot, SnapshotStore};
use crate::vocabulary::{
    Chain, Epoch, ProductId, QUANTITY_MAX, Quantity, Sequence, Timestamp, Ttl, Units, Version,
};

/// Sets a snapshot store up for the suite.
pub trait Harness {
    /// Opens the store; again, once what was opened before is dropped.
    fn open(&self) -> Box<dyn SnapshotStore>;

    /// Lets the next save fail. Returns whether the adapter can be made to; the default is that it cannot.
    fn fail_next_save(&self) -> bool {
        false
    }

    /// Damages the newest snapshot. Returns whether that can be done; the default is that it cannot.
    fn damage_newest(&self) -> bool {
        false
    }
}

suite!($ snapshots_conformance, snapshots, [
    nothing_is_loaded_before_the_first_save
    save_has_made_the_snapshot_durable
    a_later_snapshot_of_the_same_epoch_is_not_replaced
    load_finds_the_newest_saved_snapshot
    a_snapshot_is_loaded_as_it_was_saved
    an_empty_ledger_is_loaded_as_it_was_saved
    after_a_failed_save_load_finds_the_snapshot_before_it
    when_the_newest_is_damaged_load_finds_one_that_the_log_goes_back_to
]);

/// A ledger that has some of everything a ledger can have, at a given position.
fn rich(sequence: u64) -> Image {
    let quantity = |units| Quantity::new(units).expect("a number below the ceiling");
    let level = |on_hand, reserved| {
        Level::new(quantity(on_hand), quantity(reserved)).expect("less is reserved than there")
    };
    let version = |number| Version::new(number).expect("a number below the last version");
    let id = |text: &str| -> ProductId { text.parse().expect("a text without control characters") };
    let store = |text: &str| text.parse().expect("a text without control characters");
    let at = Timestamp::UNIX_EPOCH.plus_millis(1_483_271_606_001);
    let last = "9999-12-31T23:59:59.999Z".parse().expect("a moment");
    let head = Head {
        sequence: Sequence::new(sequence),
        chain: Chain::from_bits(u64::MAX - 1),
        recorded_at: last,
    };

    let (north, odd) = ("north", "\"Süd\\\" / \u{1f375} {}");
    let mut image = ImageBuilder::new(head);
    let built = (|| {
        // The first of the stores and products have the places that they have in the entries.
        let (at_north, at_south) = (image.store(store(north))?, image.store(store("south"))?);
        let at_odd = image.store(store(odd))?;
        let newest_count = Sequence::new(sequence);
        let both = [
            (at_north, level(10, 4), newest_count),
            (at_odd, level(0, 0), Sequence::START),
        ];
        let mut add = |product, version, total, updated_at, quarantined, levels: &[_]| {
            let levels = levels.iter().copied();
            let product =
                ImageProduct::new(product, version, total, updated_at, quarantined, levels);
            image.product(product?)
        };
        add(id("tea"), version(3), quantity(6), at, false, &both)?;
        let rice = [(at_south, level(5, 5), Sequence::START)];
        add(id("rice"), version(1), quantity(0), at, false, &rice)?;
        let most = [(at_odd, level(QUANTITY_MAX, 0), Sequence::new(1))];
        let newest = version(QUANTITY_MAX);
        add(id(odd), newest, Quantity::MAX, last, false, &most)?;
        // Under suspicion: the total need not add up, there may be no level, and no time.
        let (suspect, never) = (id("quarantined"), Timestamp::UNIX_EPOCH);
        add(suspect, version(1), quantity(9), never, true, &[])?;
        for entry in keyed_entries() {
            image.remember(&entry)?;
        }
        let thresholds = Thresholds::new(quantity(2), Quantity::MAX);
        let thresholds = thresholds.expect("two is less than the most");
        for (product, is_low) in [("tea", true), ("rice", false)] {
            let alert = Alert { thresholds, is_low };
            let at = if is_low { north } else { "south" };
            image.alert(&id(product), &store(at), alert)?;
        }
        image.reservation(reservation(ReservationState::Open, at))?;
        image.reservation(reservation(ReservationState::Committed, last))?;
        image.transfer(transfer(TransferState::InTransit, at))?;
        image.transfer(transfer(TransferState::Lost, last))?;
        let buried = |product: Option<ProductId>, suspected_until, reason: &str| Buried {
            version: product.is_some().then(|| version(1)),
            product,
            suspected_until,
            reason: reason.into(),
        };
        let proof = Some(Sequence::new(2));
        image.bury(Sequence::new(1), buried(Some(id("tea")), proof, "unknown"))?;
        let suspect = Some(id("quarantined"));
        image.bury(Sequence::new(2), buried(suspect, None, "unknown type"))?;
        image.lose(Sequence::new(sequence))?;
        image.bury(Sequence::new(3), buried(None, None, "an odd \"reason\"\n"))
    })();
    built.expect("the parts fit together");
    image.finish(KeysForgotten {
        early: 17,
        until: Timestamp::from_millis(1).expect("it is a time"),
    })
}

/// Entries of the window: of one line, and of several. What stands in a log that cannot be read is in words of its
/// adapter, so no event of that kind is here.
fn keyed_entries() -> Vec<ImageEntry> {
    let mut history = History::new();
    let mut write = |key: &str, commands| {
        let key = key.parse().expect("printable ASCII");
        history.write(&Request::new(key, commands).expect("some lines"));
    };
    let lines = vec![adjust("tea", "north", -1), adjust("rice", "south", 5)];
    write("~ \"k1\\", vec![count("tea", "north", QUANTITY_MAX)]);
    write("k2", lines);
    write("k3", promises());
    history.ledger().freeze().window_by_places().collect()
}

/// Lines whose events say more than what happened to a level.
fn promises() -> Vec<Command> {
    let two = Units::new(2).expect("it is not zero");
    let quantity = |units| Quantity::new(units).expect("a number below the ceiling");
    let thresholds = Thresholds::new(quantity(5), quantity(7)).expect("five is less");
    let (product, store) = ("rice", "south");
    let product = || product.parse().expect("plain text");
    let store = || store.parse().expect("plain text");
    let hold = Hold {
        reservation: "\"r\"".parse().expect("no control character"),
        product: product(),
        store: store(),
        quantity: two,
        ttl: Ttl::MAX,
    };
    let ship = Ship {
        transfer: "t\\".parse().expect("no control character"),
        source: store(),
        destination: "north".parse().expect("plain text"),
        product: product(),
        quantity: two,
    };
    let alert = SetAlert {
        product: product(),
        store: store(),
        thresholds,
    };
    vec![hold.into(), ship.into(), alert.into()]
}

fn snapshot(sequence: u64) -> Snapshot {
    Snapshot {
        epoch: Epoch::from_random(7),
        replaces: None,
        image: rich(sequence),
    }
}

fn assert_loaded(harness: &impl Harness, expected: &Snapshot) {
    let loaded = harness.open().load().expect("healthy storage loads");
    assert_same(loaded, expected);
}

fn assert_same(found: Option<Loaded>, expected: &Snapshot) {
    let found = found.expect("a snapshot was saved");
    assert!(found.newer_damaged.is_none(), "nothing is damaged");
    assert!(found.purge_through <= expected.image.head().sequence);
    let found = found.snapshot;
    assert_eq!(
        (found.epoch, found.replaces),
        (expected.epoch, expected.replaces)
    );
    assert_same_image(&found.image, &expected.image);
}

/// New storage has no snapshot.
pub fn nothing_is_loaded_before_the_first_save(harness: &impl Harness) {
    for opened in ["the first time", "again"] {
        let loaded = harness.open().load().expect("healthy storage loads");
        assert!(loaded.is_none(), "opened {opened}");
    }
}

/// `save` must have made the snapshot durable when it returns `Ok`.
pub fn save_has_made_the_snapshot_durable(harness: &impl Harness) {
    let saved = snapshot(100);
    let mut opened = harness.open();
    opened.save(&saved).expect("healthy storage saves");
    drop(opened);
    assert_loaded(harness, &saved);
    assert_loaded(harness, &saved);
}

/// `save` must not replace a snapshot of a later position in the same epoch, which an engine would try that has been
/// fenced and does not know it yet.
pub fn a_later_snapshot_of_the_same_epoch_is_not_replaced(harness: &impl Harness) {
    let mut opened = harness.open();
    opened.save(&snapshot(200)).expect("healthy storage saves");
    opened
        .save(&snapshot(100))
        .expect_err("a later one is there");
    opened
        .save(&snapshot(200))
        .expect("the same position may be saved again");
    drop(opened);
    assert_loaded(harness, &snapshot(200));
    let mut opened = harness.open();
    opened.load().expect("healthy storage loads");
    opened
        .save(&snapshot(100))
        .expect_err("a later one is still there");
    drop(opened);
    assert_loaded(harness, &snapshot(200));
}

/// `load` must find the newest saved snapshot.
pub fn load_finds_the_newest_saved_snapshot(harness: &impl Harness) {
    let mut opened = harness.open();
    // The last one is of an earlier position: a restart after a loss may go back, under another epoch.
    let restarted = Snapshot {
        epoch: Epoch::from_random(8),
        replaces: Some(Epoch::from_random(7)),
        ..snapshot(200)
    };
    for saved in [snapshot(100), snapshot(300), restarted.clone()] {
        opened.save(&saved).expect("healthy storage saves");
        assert_same(opened.load().expect("healthy storage loads"), &saved);
    }
    drop(opened);
    assert_loaded(harness, &restarted);
    let mut opened = harness.open();
    opened.save(&snapshot(400)).expect("healthy storage saves");
    drop(opened);
    assert_loaded(harness, &snapshot(400));
}

/// `load` must find a snapshot as it was saved: every part of it, and the numbers at the ends of their ranges.
pub fn a_snapshot_is_loaded_as_it_was_saved(harness: &impl Harness) {
    for replaces in [None, Some(Epoch::from_random(u128::MAX))] {
        let saved = Snapshot {
            replaces,
            ..snapshot(QUANTITY_MAX)
        };
        let mut opened = harness.open();
        opened.save(&saved).expect("healthy storage saves");
        drop(opened);
        assert_loaded(harness, &saved);
    }
}

/// `load` must find a snapshot as it was saved: one with nothing in it, too.
pub fn an_empty_ledger_is_loaded_as_it_was_saved(harness: &impl Harness) {
    let saved = Snapshot {
        epoch: Epoch::from_random(0),
        replaces: None,
        image: History::new().ledger().freeze(),
    };
    let mut opened = harness.open();
    opened.save(&saved).expect("healthy storage saves");
    drop(opened);
    assert_loaded(harness, &saved);
}

/// When `save` fails, `load` must find the snapshot before it.
///
/// Checked where the harness can make a save fail.
pub fn after_a_failed_save_load_finds_the_snapshot_before_it(harness: &impl Harness) {
    let before = snapshot(100);
    let mut opened = harness.open();
    if !harness.fail_next_save() {
        return;
    }
    opened.save(&before).expect_err("the harness lets it fail");
    assert!(opened.load().expect("healthy storage loads").is_none());
    opened.save(&before).expect("healthy storage saves");
    assert!(harness.fail_next_save(), "what fails once can fail twice");
    opened
        .save(&snapshot(200))
        .expect_err("the harness lets it fail");
    assert_same(opened.load().expect("healthy storage loads"), &before);
    drop(opened);
    assert_loaded(harness, &before);
    let mut opened = harness.open();
    opened
        .save(&snapshot(300))
        .expect("a failure does not last");
    drop(opened);
    assert_loaded(harness, &snapshot(300));
}

/// When the newest snapshot is damaged, `load` must find one that is no older than the `purge_through` that was returned last,
/// and say that it did; `purge_through` must not be later than the snapshot that was saved or loaded.
///
/// Damage is checked where the harness can cause it.
pub fn when_the_newest_is_damaged_load_finds_one_that_the_log_goes_back_to(harness: &impl Harness) {
    let positions = [100, 200, 300, 300];
    for count in 1..=positions.len() {
        let mut opened = harness.open();
        // What the round before has damaged may not be loaded.
        drop(opened.load().ok());
        let mut purge_through = Sequence::START;
        // Each round in a history of its own, which the first snapshot begins.
        let epoch = Epoch::from_random(count as u128);
        for &position in &positions[..count] {
            let saved = Snapshot {
                epoch,
                ..snapshot(position)
            };
            let saved = opened.save(&saved).expect("healthy storage saves");
            purge_through = saved.purge_through;
            assert!(purge_through <= Sequence::new(position));
        }
        drop(opened);
        if !harness.damage_newest() {
            continue;
        }
        let mut opened = harness.open();
        let Ok(Some(found)) = opened.load() else {
            assert_eq!(purge_through, Sequence::START, "the log has everything");
            continue;
        };
        assert!(found.newer_damaged.is_some(), "it says so");
        let position = found.snapshot.image.head().sequence;
        assert!(found.snapshot.epoch == epoch && position >= purge_through);
        // The damaged one must not take the place of the one that can be used.
        let next = Snapshot {
            epoch,
            ..snapshot(400)
        };
        let saved = opened.save(&next).expect("healthy storage saves");
        assert!(saved.purge_through <= position);
        drop(opened);
        assert_loaded(harness, &next);
        assert!(harness.damage_newest(), "what rots once can rot twice");
        let found = harness.open().load().expect("one of them is whole");
        let found = found.expect("one of them is whole").snapshot;
        assert!(found.image.head().sequence >= saved.purge_through);
    }
}
