//! An engine that writes, and one who follows it.

use std::sync::Arc;

use inventory_core::conformance::adjust;
use inventory_core::engine::{Engine, Opened, Settings, Subscription};
use inventory_core::machine::{Command, Entry, Request};
use inventory_core::memory::MemoryStorage;

pub(crate) fn open(storage: &MemoryStorage) -> Opened {
    let settings = Settings::default().with_retain_events(Some(0));
    Engine::open(storage.ports(), settings).expect("healthy storage is never refused")
}

pub(crate) fn submit(engine: &mut Engine, lines: Vec<Command>) -> Arc<Entry> {
    let request = Request::unkeyed(lines).expect("a request has lines");
    let answers = engine.submit([&request]).expect("memory never fails");
    let receipt = answers[0].as_ref().expect("there is enough stock");
    Arc::clone(&receipt.entry)
}

pub(crate) fn deliveries(lines: usize) -> Vec<Command> {
    vec![adjust("tea", "north", 1); lines]
}

/// Takes all that there is, in pages, and checks that they follow each other.
pub(crate) fn take_all(subscription: &mut Subscription, page_events: usize) -> Vec<Arc<Entry>> {
    let mut taken: Vec<Arc<Entry>> = Vec::new();
    loop {
        let page = subscription.take(page_events).expect("nothing was purged");
        let Some(last) = page.last() else {
            return taken;
        };
        assert_eq!(subscription.position(), last.last());
        // A page passes its limit by the rest of one entry at most.
        let events = |entries: &[Arc<Entry>]| {
            entries
                .iter()
                .map(|entry| entry.events.len())
                .sum::<usize>()
        };
        assert!(events(&page[..page.len() - 1]) < page_events);
        for entry in page {
            let follows = taken
                .last()
                .is_none_or(|last| entry.first == last.last().next());
            assert!(follows, "a gap before {}", entry.first);
            taken.push(entry);
        }
    }
}
