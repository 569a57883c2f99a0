//! Central: a real engine on memory, with what can happen to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use inventory_core::engine::{Engine, Opened, Settings, Snapshotter};
use inventory_core::machine::replica::Image;
use inventory_core::machine::{Command, DeadLettered, Entry, Event, Ledger, ProductView, Request};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{EventLog as _, Ports, Snapshot, SnapshotStore as _};
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::{
    Chain, Epoch, IdempotencyKey, ProductId, Sequence, StoreId, Timestamp,
};
use inventory_http::wire::{
    Changes, FromReceipt as _, Position, SnapshotProduct, StateSnapshot, Updated, WireEvent,
};

use crate::history::History;
use crate::tally::SITUATIONS;

/// Few, so that replicas fall behind it.
const RETAIN_EVENTS: u64 = 12;

/// Few, so that catching up takes several pages.
const PAGE_EVENTS: usize = 5;

/// The epoch of logs that are given another one at once.
const NO_EPOCH: u128 = 0;

pub(crate) struct Central {
    storage: MemoryStorage,
    clock: ManualClock,
    engine: Engine,
    snapshotter: Snapshotter,
    backup: (Epoch, Image),
    epochs: u128,
    applied: BTreeSet<IdempotencyKey>,
    told: Sequence,
    pub(crate) history: History,
}

impl Central {
    pub(crate) fn new(now: Timestamp) -> Self {
        let storage = MemoryStorage::with_epoch(Epoch::from_random(1));
        let clock = ManualClock::at(now);
        let (engine, snapshotter) = open(&storage, &clock);
        Self {
            backup: (engine.reader().epoch(), engine.reader().image()),
            storage,
            clock,
            engine,
            snapshotter,
            epochs: 1,
            applied: BTreeSet::new(),
            told: Sequence::START,
            history: History::default(),
        }
    }

    pub(crate) fn set_clock(&self, now: Timestamp) {
        self.clock.set(now);
    }

    fn note(&mut self) {
        let reader = self.engine.reader();
        let epoch = reader.epoch();
        reader.read(|ledger| {
            self.history.note(epoch, ledger);
            audit(ledger);
        });
    }

    /// Lets reservations expire that are due, as the service does every few milliseconds.
    pub(crate) fn tick(&mut self) {
        let answers = self.engine.submit([]).expect("memory does not fail");
        assert!(answers.is_empty());
        self.note();
    }

    /// The kinds of what was written since the last call.
    pub(crate) fn take_written(&mut self) -> Vec<&'static str> {
        let head = self.engine.reader().head().sequence;
        let mut since = self.engine.reader().subscribe(self.told.min(head));
        self.told = head;
        let entries = since.take(usize::MAX).unwrap_or_default();
        let events = entries.iter().flat_map(|entry| &entry.events);
        let kinds = events.map(|event| written(event.type_name()));
        kinds.collect()
    }

    /// Decides a request; what it wrote of a single update is the answer.
    pub(crate) fn submit(
        &mut self,
        commands: Vec<Command>,
        key: Option<String>,
    ) -> Option<Updated> {
        // What expires is a state of its own, which a replica may show.
        self.tick();
        let request = match key {
            Some(key) => Request::new(key.parse().expect("the key is plain text"), commands),
            None => Request::unkeyed(commands),
        };
        let answers = self
            .engine
            .submit([&request.expect("there are lines")])
            .expect("memory does not fail");
        self.note();
        let receipt = answers.into_iter().next()?.ok()?;
        if let (false, Some(intent)) = (receipt.replayed, &receipt.entry.intent) {
            // Since the last restore, which forgets keys.
            let first = self.applied.insert(intent.key.clone());
            assert!(first, "{} was applied twice", intent.key);
        }
        Updated::from_receipt(&receipt)
    }

    /// Whether a key has had its effect.
    pub(crate) fn has_applied(&self, key: &IdempotencyKey) -> bool {
        let reader = self.engine.reader();
        reader.read(|ledger| ledger.find(None, key).is_some())
    }

    /// Whether the log can be followed from a position: what the service checks.
    pub(crate) fn has(&self, position: Position) -> bool {
        let reader = self.engine.reader();
        let (head, floor) = (reader.head(), reader.floor());
        let Position {
            offset,
            epoch,
            chain,
        } = position;
        if epoch != reader.epoch() || offset > head.sequence || offset < floor {
            return false;
        }
        if offset == head.sequence {
            return chain == head.chain;
        }
        if offset <= floor {
            return true;
        }
        let before = Sequence::new(offset.number() - 1);
        let entries = reader
            .subscribe(before)
            .take(1)
            .expect("the position is kept");
        entries[0].last() == offset && entries[0].chain == chain
    }

    pub(crate) fn has_after(&self, position: Position) -> bool {
        self.engine.reader().head().sequence > position.offset
    }

    /// The page after a position that the log has, as it goes over the wire.
    pub(crate) fn page(&self, after: Position) -> Vec<u8> {
        let reader = self.engine.reader();
        let entries = reader
            .subscribe(after.offset)
            .take(PAGE_EVENTS)
            .expect("the position is kept");
        let next_offset = entries.last().map_or(after.offset, |entry| entry.last());
        let events = entries.iter().enumerate().flat_map(|(place, entry)| {
            let events = entry.numbered();
            events.map(move |(at, event)| {
                let mut event = WireEvent::of(entry, at, event);
                // What comes before an event that nobody can digest only the page says: none is where a page starts that may
                // come too late. And whether somebody has counted is nothing that an after-image says.
                let can_be_new =
                    place > 0 && !["StockCounted", "DeadLettered"].contains(&&*event.kind);
                if can_be_new && at.number() % 5 == 0 {
                    event.kind = "OfANewerCentral".into();
                }
                event
            })
        });
        let head_offset = reader.head().sequence;
        let page = Changes {
            events: events.collect(),
            next_offset,
            has_more: head_offset > next_offset,
            head_offset,
            epoch: reader.epoch(),
        };
        serde_json::to_vec(&page).expect("a page is JSON")
    }

    pub(crate) fn snapshot(&self) -> StateSnapshot {
        let reader = self.engine.reader();
        let image = reader.image();
        let products = image.products().filter(ProductView::is_heard_of);
        StateSnapshot {
            state: products
                .map(|view| {
                    (
                        view.id().clone(),
                        SnapshotProduct::of(view, image.unknown_before()),
                    )
                })
                .collect(),
            last_offset: image.head().sequence,
            epoch: reader.epoch(),
            chain: image.head().chain,
            recorded_at: image.head().recorded_at,
            unknown_before: image.unknown_before(),
            keys_remembered_since: None,
        }
    }

    /// Gives up the older part of the log, at the next write.
    pub(crate) fn save(&mut self) {
        self.snapshotter.save().expect("memory does not fail");
    }

    pub(crate) fn restart(&mut self) {
        (self.engine, self.snapshotter) = open(&self.storage, &self.clock);
        self.note();
    }

    /// Restarts over an event that means nothing to this program.
    pub(crate) fn restart_over_poison(&mut self, product: &ProductId) {
        let mut log = self.storage.log();
        let head = log.head();
        let known = self
            .engine
            .reader()
            .read(|ledger| ledger.product(product).map(|view| view.version()));
        let letter = DeadLettered {
            product: Some(product.clone()),
            version: known.and_then(|version| version.next()),
            raw: "StockTeleported".into(),
        };
        let entry = Entry {
            first: head.sequence.next(),
            recorded_at: head.recorded_at,
            intent: None,
            outcomes: Box::default(),
            events: [Event::DeadLettered(letter)].into(),
            annotations: None,
            chain: Chain::from_bits(head.sequence.number()),
        };
        log.append(head.sequence, &[Arc::new(entry)])
            .expect("memory does not fail");
        self.restart();
    }

    pub(crate) fn back_up(&mut self) {
        let reader = self.engine.reader();
        self.backup = (reader.epoch(), reader.image());
    }

    /// Goes back to the last backup: as it should be, under a new epoch, or by hand, under its own.
    pub(crate) fn restore(&mut self, under_new_epoch: bool) {
        let (mut epoch, image) = self.backup.clone();
        self.applied.clear();
        if under_new_epoch {
            self.epochs += 1;
            epoch = Epoch::from_random(self.epochs);
        }
        self.storage = MemoryStorage::with_epoch(Epoch::from_random(NO_EPOCH));
        self.storage
            .log()
            .restart(image.head(), epoch)
            .expect("memory does not fail");
        let snapshot = Snapshot {
            epoch,
            replaces: None,
            image,
        };
        self.storage
            .snapshots()
            .save(&snapshot)
            .expect("memory does not fail");
        self.restart();
    }
}

fn open(storage: &MemoryStorage, clock: &ManualClock) -> (Engine, Snapshotter) {
    let ports = Ports {
        clock: Arc::new(clock.clone()),
        ..storage.ports()
    };
    let settings = Settings::default().with_retain_events(Some(RETAIN_EVENTS));
    let opened: Opened = Engine::open(ports, settings).expect("memory does not fail");
    (opened.engine, opened.snapshotter)
}

/// What is reserved at a level is what open reservations hold there.
fn audit(ledger: &Ledger) {
    let mut held: BTreeMap<(&ProductId, &StoreId), u64> = BTreeMap::new();
    let open = ledger.reservations_after(Sequence::START);
    for line in open.filter(|it| it.is_open()).flat_map(|it| &it.lines) {
        *held.entry((&line.product, &line.store)).or_default() += line.held.units();
    }
    for product in ledger.products() {
        for (store, level) in product.levels() {
            let held = held.remove(&(product.id(), store)).unwrap_or_default();
            let reserved = level.reserved().units();
            assert_eq!(reserved, held, "{} at {store}", product.id());
        }
    }
    assert!(held.is_empty(), "every hold is at a level: {held:?}");
}

/// The situation that an event of a type was written.
fn written(type_name: &str) -> &'static str {
    let names = SITUATIONS
        .iter()
        .filter_map(|name| Some((*name, name.strip_prefix("wrote ")?)));
    let mut named = names.filter(|(_, suffix)| *suffix == type_name);
    named
        .next()
        .map_or("wrote something else", |(name, _)| name)
}
