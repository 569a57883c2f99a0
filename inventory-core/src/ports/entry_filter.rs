//! What belongs together in a log, and what a search shows of it.

use crate::machine::{Annotations, Entry, Event, Intent, Movement};
use crate::vocabulary::{ProductId, Reference, Sequence, StoreId, Timestamp};

/// Events of a log that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EntryFilter {
    /// Those of this product.
    Product(ProductId),
    /// Those of this product at this store.
    Level(ProductId, StoreId),
    /// All events of the requests that named this reference.
    Reference(Reference),
    /// Of these, those of one product, and at one store if one is given.
    Named(Reference, ProductId, Option<StoreId>),
}

impl EntryFilter {
    /// Whether an event passes the filter, in an entry that says this beside its events.
    pub fn has(&self, event: &Event, annotations: Option<&Annotations>) -> bool {
        let is_named = |reference| {
            let named = annotations.and_then(|known| known.reference.as_ref());
            named == Some(reference)
        };
        match self {
            Self::Product(product) => is_of(event, product, None),
            Self::Level(product, store) => is_of(event, product, Some(store)),
            Self::Reference(reference) => is_named(reference),
            Self::Named(reference, product, store) => {
                is_named(reference) && is_of(event, product, store.as_ref())
            }
        }
    }

    /// The reference that the requests have named.
    pub fn reference(&self) -> Option<&Reference> {
        match self {
            Self::Product(_) | Self::Level(..) => None,
            Self::Reference(reference) | Self::Named(reference, ..) => Some(reference),
        }
    }
}

fn is_of(event: &Event, product: &ProductId, store: Option<&StoreId>) -> bool {
    let is_at = |store: &StoreId| {
        let movement = event.movement();
        movement.is_some_and(|movement| movement.store == *store)
    };
    event.product() == Some(product) && store.is_none_or(is_at)
}

/// An entry as far as somebody has looked for it: it may have thousands of events, of which one is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// Position of the entry's first event.
    pub first: Sequence,
    /// When the request was decided.
    pub recorded_at: Timestamp,
    /// Key and meaning of the request, when it had a key.
    pub intent: Option<Intent>,
    /// What the request said beside.
    pub annotations: Option<Box<Annotations>>,
    /// The events that were looked for, with their positions, in the order of the entry: at least one.
    pub events: Vec<(Sequence, Event)>,
}

impl Excerpt {
    /// Those events of an entry that pass a filter; `None` when none does.
    pub fn of(entry: &Entry, filter: &EntryFilter) -> Option<Self> {
        let annotations = entry.annotations.as_deref();
        let events = entry.numbered();
        let events = events.filter(|(_, event)| filter.has(event, annotations));
        let events: Vec<_> = events.map(|(at, event)| (at, event.clone())).collect();
        (!events.is_empty()).then(|| Self {
            first: entry.first,
            recorded_at: entry.recorded_at,
            intent: entry.intent.clone(),
            annotations: entry.annotations.clone(),
            events,
        })
    }
}

/// Where an entry is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Position of its first event.
    pub first: Sequence,
    /// Position of its last event.
    pub last: Sequence,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

impl Extent {
    /// The extent of an entry.
    pub fn of(entry: &Entry) -> Self {
        Self {
            first: entry.first,
            last: entry.last(),
            recorded_at: entry.recorded_at,
        }
    }
}

/// An event that has touched a level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// Its position.
    pub sequence: Sequence,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What it did, to which level.
    pub movement: Movement,
}

impl Touch {
    /// The touches of an entry, in its order.
    pub fn all_of(entry: &Entry) -> impl Iterator<Item = Self> {
        let movements = entry
            .numbered()
            .filter_map(|(sequence, event)| Some((sequence, event.movement()?)));
        movements
            .filter(|(_, movement)| movement.touches())
            .map(|(sequence, movement)| Self {
                sequence,
                recorded_at: entry.recorded_at,
                movement: movement.clone(),
            })
    }
}
