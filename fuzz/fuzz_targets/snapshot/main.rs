#![no_main]
//! `state.json`: any bytes are loaded without a panic, what loads is saved as the same, and an engine can go on from it.

use std::sync::{Arc, LazyLock};

use inventory_core::conformance::assert_same_image;
use inventory_core::machine::dry_run::{Decision, Draft, Portion, Staging, decide, expire};
use inventory_core::machine::replica::{Image, apply};
use inventory_core::machine::{
    Adjust, Basis, Command, Commit, Count, Entry, Guard, Ledger, Receive, Request, WindowLimits,
};
use inventory_core::ports::{LoadError, Snapshot, SnapshotStore};
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::{Adjustment, ProductId, Quantity, StoreId, Timestamp};
use inventory_fuzz::mend_snapshot;
use inventory_log::file::{FileOptions, FileSnapshots, open_on};
use inventory_log::testing::SimDisk;
use libfuzzer_sys::fuzz_target;

const SNAPSHOT: &str = "state.json";

/// Positions above are more than a log can reach, and leave no room for a next one.
const SEQUENCE_MAX: u64 = 1 << 63;

/// Products of an image that are sold from: enough for all that the corpus has.
const PRODUCTS_TRIED: usize = 8;

/// Reservations and transfers of an image that are ended.
const RECORDS_TRIED: usize = 4;

/// A directory without an entry.
static EMPTY: LazyLock<SimDisk> = LazyLock::new(|| {
    let disk = SimDisk::new(1);
    drop(snapshots(&disk));
    disk
});

fuzz_target!(|document: &[u8]| {
    check(document);
    check(&mend_snapshot(document));
});

fn snapshots(disk: &SimDisk) -> FileSnapshots {
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let store = open_on(Arc::new(disk.clone()), &clock, FileOptions::default());
    store
        .expect("a directory without an entry is opened")
        .snapshots
}

fn check(document: &[u8]) {
    let disk = EMPTY.fork();
    disk.put(SNAPSHOT, document.to_vec());
    let mut snapshots = snapshots(&disk);
    match snapshots.load() {
        Ok(loaded) => {
            let loaded = loaded.expect("there is a snapshot").snapshot;
            check_loaded(&disk, &mut snapshots, &loaded);
        }
        Err(LoadError::Damaged { .. } | LoadError::NewerFormat { .. }) => {
            assert_eq!(
                disk.content(SNAPSHOT).as_deref(),
                Some(document),
                "a refusal changes nothing"
            );
        }
        Err(error) => panic!("a healthy disk has failed: {error:?}"),
    }
}

fn check_loaded(disk: &SimDisk, snapshots: &mut FileSnapshots, loaded: &Snapshot) {
    snapshots
        .save(loaded)
        .expect("a healthy disk takes a snapshot");
    let saved = disk.content(SNAPSHOT);
    let again = snapshots
        .load()
        .expect("what was saved is read")
        .expect("there is a snapshot")
        .snapshot;
    assert_eq!(
        (again.epoch, again.replaces),
        (loaded.epoch, loaded.replaces)
    );
    assert_same_image(&again.image, &loaded.image);
    snapshots
        .save(&again)
        .expect("a healthy disk takes a snapshot");
    assert_eq!(disk.content(SNAPSHOT), saved, "one image has one form");

    let thawed = loaded.image.clone().thaw(WindowLimits::NONE);
    assert_eq!(thawed.key_count(), loaded.image.window_len());
    assert_same_image(&thawed.freeze(), &loaded.image);
    if loaded.image.head().sequence.number() < SEQUENCE_MAX {
        go_on(&loaded.image);
    }
}

/// Counts and sells what the image knows, takes in what is on its way, ends some reservations and lets the others expire; and
/// follows what that writes, as an engine would that started from it.
fn go_on(image: &Image) {
    let mut ledger = image.clone().thaw(WindowLimits::NONE);
    let endings = image.reservations().take(RECORDS_TRIED).map(|known| {
        let (reservation, lines) = (known.id.clone(), None);
        Command::Commit(Commit { reservation, lines })
    });
    let arrivals = image.transfers().take(RECORDS_TRIED).map(|known| {
        let (transfer, lines) = (known.id.clone(), None);
        Command::Receive(Receive { transfer, lines })
    });
    for command in endings.chain(arrivals) {
        ask(&mut ledger, command);
    }
    for product in image.products().take(PRODUCTS_TRIED) {
        let elsewhere: StoreId = "elsewhere".parse().expect("it is an id");
        let stores = product
            .levels()
            .map(|(store, _)| store)
            .take(2)
            .chain([&elsewhere]);
        for command in stores.flat_map(|store| commands(product.id(), store)) {
            ask(&mut ledger, command);
        }
    }
    let mut staging = Staging::default();
    let end_of_time = Timestamp::UNIX_EPOCH.plus_millis(u64::MAX);
    let mut draft = Draft::new(&ledger, &mut staging, end_of_time);
    let all = Portion {
        levels: usize::MAX,
        deadlines: usize::MAX,
        lines: usize::MAX,
    };
    if let Some(expired) = expire(&mut draft, all) {
        let entry = draft.record(None, expired);
        apply_decided(&mut ledger, &entry);
    }
}

fn ask(ledger: &mut Ledger, command: Command) {
    let request = Request::unkeyed(vec![command]).expect("a request of one line");
    let mut staging = Staging::default();
    let mut draft = Draft::new(ledger, &mut staging, Timestamp::UNIX_EPOCH);
    let mut entries = Vec::new();
    loop {
        match decide(&mut draft, &request) {
            Ok(Decision::Overdue(lapsed)) => {
                let lapsed = lapsed
                    .into_iter()
                    .map(|effects| draft.record(None, effects));
                entries.extend(lapsed);
            }
            Ok(Decision::New(effects)) => {
                entries.push(draft.record(Some(&request), effects));
                break;
            }
            Ok(Decision::Replayed(_)) | Err(_) => break,
        }
    }
    for entry in entries {
        apply_decided(ledger, &entry);
    }
}

fn apply_decided(ledger: &mut Ledger, entry: &Entry) {
    let poison = apply(ledger, entry).expect("what was decided on a ledger continues it");
    assert_eq!(poison, [], "what was decided on a ledger applies to it");
}

fn commands(product: &ProductId, store: &StoreId) -> [Command; 3] {
    let adjust = |units| {
        Command::Adjust(Adjust {
            product: product.clone(),
            store: store.clone(),
            delta: Adjustment::new(units).expect("it is not zero"),
            guard: Guard::Unguarded,
        })
    };
    let count = Command::Count(Count {
        product: product.clone(),
        store: store.clone(),
        counted: Quantity::new(3).expect("it is in range"),
        basis: Basis::Now(Guard::Unguarded),
        release_holds: true,
    });
    [adjust(-1), count, adjust(1)]
}
