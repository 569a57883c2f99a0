//! What following a log event by event has shown at each position.

use std::collections::BTreeMap;
use std::sync::Arc;

use inventory_core::engine::ProductState;
use inventory_core::machine::replica::apply_after_loss;
use inventory_core::machine::{Entry, Event, Ledger, Level, WindowLimits};
use inventory_core::vocabulary::{ProductId, Sequence, Timestamp};

/// An event, what it found, and the entry that it belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Happened {
    pub(crate) sequence: Sequence,
    pub(crate) entry: Arc<Entry>,
    /// As it stands in the log.
    pub(crate) event: Event,
    pub(crate) buried: bool,
    /// What the ledger had; nobody knows while it was not sure itself.
    pub(crate) before: Option<Level>,
}

pub(crate) type State = BTreeMap<ProductId, ProductState>;

/// All that was, and when.
pub(crate) struct Truth {
    pub(crate) log: Vec<Arc<Entry>>,
    pub(crate) events: Vec<Happened>,
    /// The state at each position, from 0 on.
    pub(crate) states: Vec<State>,
}

impl Truth {
    pub(crate) fn of(log: &[Arc<Entry>]) -> Self {
        let mut ledger = Ledger::new(WindowLimits::default());
        let mut truth = Self {
            log: log.to_vec(),
            events: Vec::new(),
            states: vec![State::new()],
        };
        for entry in log {
            for (sequence, event) in entry.numbered() {
                let before = event.movement().and_then(|moved| {
                    let product = ledger.product(&moved.product);
                    let sure = product.is_none_or(|product| !product.quarantined());
                    let level = product.and_then(|product| product.level(&moved.store));
                    sure.then(|| level.unwrap_or_default())
                });
                let alone = Entry {
                    first: sequence,
                    events: [event.clone()].into(),
                    ..Entry::clone(entry)
                };
                let poison = apply_after_loss(&mut ledger, &alone);
                truth.events.push(Happened {
                    sequence,
                    entry: Arc::clone(entry),
                    event: event.clone(),
                    buried: !poison.is_empty(),
                    before,
                });
                truth.states.push(state(&ledger));
            }
        }
        truth
    }

    pub(crate) fn head(&self) -> u64 {
        self.events.len() as u64
    }

    /// The last position at or before another at which a request was whole: between the positions of one there is no state.
    pub(crate) fn settled(&self, position: u64) -> u64 {
        let whole = self.log.iter().map(|entry| entry.last().number());
        let whole = whole.take_while(|last| *last <= position);
        whole.last().unwrap_or_default()
    }

    pub(crate) fn at(&self, position: u64) -> &State {
        &self.states[self.settled(position) as usize]
    }

    /// When a position was recorded.
    pub(crate) fn recorded_at(&self, position: u64) -> Timestamp {
        self.events[position as usize - 1].entry.recorded_at
    }

    pub(crate) fn has_buried(&self, product: &ProductId) -> bool {
        let mut buried = self.events.iter().filter(|event| event.buried);
        buried.any(|happened| happened.event.product() == Some(product))
    }

    /// Position of the last event at or before a position that has touched a product.
    pub(crate) fn last_touch(&self, product: &ProductId, position: u64) -> u64 {
        let before = self.events[..position as usize].iter().rev();
        let mut touches = before.filter(|happened| {
            let movement = happened.event.movement();
            let of_it = movement.filter(|moved| moved.product == *product && moved.touches());
            of_it.is_some() && !happened.buried
        });
        touches.next().map_or(0, |last| last.sequence.number())
    }
}

fn state(ledger: &Ledger) -> State {
    let products = ledger.products().map(|view| {
        let levels: BTreeMap<_, _> = view
            .levels()
            .map(|(store, level)| (store.clone(), level))
            .collect();
        let past = ProductState {
            id: view.id().clone(),
            version: view.version(),
            total: view.total(),
            updated_at: (!levels.is_empty()).then(|| view.updated_at()),
            quarantined: view.quarantined(),
            levels,
        };
        (view.id().clone(), past)
    });
    products.collect()
}
