//! Entries as an engine would write them.

use std::sync::Arc;

use crate::machine::{
    Adjust, Basis, Command, Count, Decision, Draft, Entry, Guard, Head, ImageBuilder,
    KeysForgotten, Ledger, Request, Staging, WindowLimits, apply, decide,
};
use crate::vocabulary::{Adjustment, Quantity, Timestamp};

/// An unguarded adjustment.
///
/// # Panics
///
/// An argument is out of its range.
pub fn adjust(product: &str, store: &str, delta: i64) -> Command {
    Command::Adjust(Adjust {
        product: product.parse().expect("the caller names a product"),
        store: store.parse().expect("the caller names a store"),
        delta: Adjustment::new(delta).expect("the caller changes something"),
        guard: Guard::Unguarded,
    })
}

/// An unguarded count.
///
/// # Panics
///
/// An argument is out of its range.
pub fn count(product: &str, store: &str, counted: u64) -> Command {
    Command::Count(Count {
        product: product.parse().expect("the caller names a product"),
        store: store.parse().expect("the caller names a store"),
        counted: Quantity::new(counted).expect("the caller counts a quantity"),
        basis: Basis::Now(Guard::Unguarded),
        release_holds: false,
    })
}

/// Writes a history in which every entry is decided on those before it, as an engine does, but for the log.
#[derive(Debug)]
pub struct History {
    ledger: Ledger,
    now: Timestamp,
}

impl Default for History {
    fn default() -> Self {
        Self::new()
    }
}

impl History {
    /// A history before its first entry.
    pub fn new() -> Self {
        Self::after(Head::default())
    }

    /// A history that goes on after a head, from an empty ledger.
    pub fn after(head: Head) -> Self {
        let image = ImageBuilder::new(head).finish(KeysForgotten::default());
        Self {
            ledger: image.thaw(WindowLimits::default()),
            now: head.recorded_at,
        }
    }

    /// The ledger that has followed the history so far.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Takes over what somebody else has written.
    ///
    /// # Panics
    ///
    /// The entry does not continue the history, or has an event that cannot be applied.
    pub fn follow(&mut self, entry: &Arc<Entry>) {
        let poison = apply(&mut self.ledger, entry).expect("the entry continues the history");
        assert_eq!(poison, [], "every event can be applied");
    }

    /// What a request would write, without taking it over: an append may fail.
    ///
    /// # Panics
    ///
    /// The request is refused, or its key has been used.
    pub fn draft(&self, request: &Request) -> Arc<Entry> {
        let mut staging = Staging::default();
        let mut draft = Draft::new(&self.ledger, &mut staging, self.now);
        let effects = match decide(&mut draft, request) {
            Ok(Decision::New(effects)) => effects,
            other => panic!("a history is written by requests that apply, not {other:?}"),
        };
        draft.record(Some(request), effects)
    }

    /// Writes a request, a millisecond after the one before.
    ///
    /// # Panics
    ///
    /// As [`History::draft`].
    pub fn write(&mut self, request: &Request) -> Arc<Entry> {
        let entry = self.draft(request);
        self.follow(&entry);
        self.now = self.now.plus_millis(1);
        entry
    }

    /// Writes deliveries of two lines each, every second one under a key.
    pub fn deliveries(&mut self, entries: usize) -> Vec<Arc<Entry>> {
        let lines = || vec![adjust("tea", "north", 2), adjust("rice", "south", 3)];
        (0..entries)
            .map(|at| {
                let request = if at % 2 == 0 {
                    Request::unkeyed(lines())
                } else {
                    let key = format!("delivery-{}", self.ledger.head().sequence);
                    Request::new(key.parse().expect("the key is plain text"), lines())
                };
                self.write(&request.expect("a request of two lines"))
            })
            .collect()
    }
}
