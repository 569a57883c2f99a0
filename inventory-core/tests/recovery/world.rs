//! Storage with a past that was written by hand, and what a start makes of it.

use std::sync::Arc;

use inventory_core::engine::{Answer, Engine, OpenError, Opened, Recovery, Settings};
use inventory_core::machine::{
    After, Command, Entry, Event, Head, Intent, Level, Movement, MovementKind, ProductView, Request,
};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{DeadLetter, DeadLetters, EventLog, Ports};
use inventory_core::vocabulary::{Chain, Delta, Quantity, Version};

pub(crate) fn open(ports: Ports) -> Result<Opened, OpenError> {
    Engine::open(ports, Settings::default())
}

pub(crate) fn salvage(ports: Ports) -> Result<Opened, OpenError> {
    let settings = Settings::default().with_recovery(Recovery::Quarantine);
    Engine::open(ports, settings)
}

pub(crate) fn request(key: &str, lines: Vec<Command>) -> Request {
    let key = key.parse().expect("the key is plain text");
    Request::new(key, lines).expect("a request has lines")
}

/// Submits one line without a key.
pub(crate) fn submit(engine: &mut Engine, line: Command) -> Answer {
    let request = Request::unkeyed(vec![line]).expect("a request has lines");
    submit_request(engine, &request)
}

pub(crate) fn submit_request(engine: &mut Engine, request: &Request) -> Answer {
    let answers = engine.submit([request]).expect("memory never fails");
    let [answer] = <[_; 1]>::try_from(answers).expect("one answer per request");
    answer
}

/// Version, total and quarantine of a product.
pub(crate) fn state(engine: &Engine, product: &str) -> (u64, u64, bool) {
    let id = product.parse().expect("the product has a name");
    let of = |product: ProductView<'_>| {
        let (version, total) = (product.version().number(), product.total().units());
        (version, total, product.quarantined())
    };
    let reader = engine.reader();
    let state = reader.read(|ledger| ledger.product(&id).map(of));
    state.expect("the product is known")
}

pub(crate) fn letters(storage: &MemoryStorage) -> Vec<DeadLetter> {
    storage
        .dead_letters()
        .letters()
        .expect("memory never fails")
}

/// A change of tea whose after-image says whatever it is told to.
pub(crate) fn moved(store: &str, delta: i64, version: u64, level: u64, total: u64) -> Movement {
    let quantity = |units| Quantity::new(units).expect("a small quantity");
    let kind = match delta {
        ..0 => MovementKind::Decreased,
        0.. => MovementKind::Increased,
    };
    Movement {
        kind,
        product: "tea".parse().expect("a name"),
        store: store.parse().expect("a name"),
        delta: Delta::new(delta).expect("a small change"),
        reserved_delta: Delta::ZERO,
        after: After {
            level: Level::new(quantity(level), Quantity::ZERO).expect("nothing is reserved"),
            version: Version::new(version).expect("a small version"),
            total: quantity(total),
        },
    }
}

/// The entry that a program wrote which knew other events, or had a bug.
pub(crate) fn entry(head: Head, intent: Option<Intent>, events: Vec<Event>) -> Arc<Entry> {
    let mut entry = Entry {
        first: head.sequence.next(),
        recorded_at: head.recorded_at,
        intent,
        outcomes: Box::default(),
        events: events.into(),
        annotations: None,
        chain: Chain::from_bits(7),
    };
    entry.chain = entry.chain_after(head.chain).unwrap_or(entry.chain);
    Arc::new(entry)
}

/// Writes an event to the log behind the back of any engine.
pub(crate) fn plant(storage: &MemoryStorage, event: Event) {
    let mut log = storage.log();
    let head = log.head();
    let entry = entry(head, None, vec![event]);
    log.append(head.sequence, &[entry])
        .expect("nobody else writes");
}
