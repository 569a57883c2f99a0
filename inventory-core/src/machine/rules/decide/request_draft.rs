//! A request that is being decided: what its lines have done so far.

use crate::defect;
use crate::machine::ledger::ProductIx;
use crate::machine::rules::draft::{Draft, Place};
use crate::machine::{
    After, Current, Event, Guard, Level, Line, Movement, MovementKind, REQUEST_LINES_MAX,
    Rejection, Reservation, RowOutcome,
};
use crate::vocabulary::{Delta, ProductId, Quantity, StoreId};

/// What the lines of a request have done so far. Each line sees it, and a refusal takes it back.
pub(super) struct RequestDraft<'r, 'a> {
    pub(super) draft: &'r mut Draft<'a>,
    pub(super) events: Vec<Event>,
    /// Levels that somebody wants to be told about, and that a line has touched.
    watched: Vec<(ProductId, StoreId)>,
}

impl<'r, 'a> RequestDraft<'r, 'a> {
    pub(super) fn on(draft: &'r mut Draft<'a>, lines: usize) -> Self {
        Self {
            draft,
            events: Vec::with_capacity(lines),
            watched: Vec::new(),
        }
    }

    /// Whether the lines so far have changed no more than a request may: one about whole reservations or transfers changes
    /// as many levels as those have lines.
    pub(super) fn check_size(&self, line: Line) -> Result<(), Rejection> {
        match self.events.len() > REQUEST_LINES_MAX {
            true => Err(Rejection::TooManyLines { line }),
            false => Ok(()),
        }
    }

    /// Writes an event that leads from a place to a level.
    pub(super) fn write(
        &mut self,
        line: Line,
        place: &Place<'_>,
        kind: MovementKind,
        level: Level,
    ) -> Result<(), Rejection> {
        let change = level.available().since(place.level.available());
        let Some(total) = place.total.checked_apply(change) else {
            return Err(ceiling(line, place));
        };
        if level.on_hand() > place.level.on_hand() {
            // What is reserved may become available again, and nobody can refuse that.
            let freed = total.units().saturating_add(place.reserved_after(level));
            if freed > Quantity::MAX.units() {
                return Err(ceiling(line, place));
            }
        }
        let mut movement = Movement {
            kind,
            product: place.product.clone(),
            store: place.store.clone(),
            delta: level.on_hand().since(place.level.on_hand()),
            reserved_delta: level.reserved().since(place.level.reserved()),
            after: After {
                level,
                version: place.version,
                total,
            },
        };
        if movement.touches() {
            let Some(version) = place.version.next() else {
                let product = place.product.clone();
                return Err(Rejection::VersionsExhausted { line, product });
            };
            movement.after.version = version;
        }
        self.push(place, movement);
        Ok(())
    }

    /// What a count finds reserved at a place. The number of a quarantined product is under suspicion, its reservations are
    /// not: a count puts it right.
    pub(super) fn reserved(&self, place: &Place<'_>) -> Quantity {
        if !place.quarantined {
            return place.level.reserved();
        }
        self.draft.held(place)
    }

    /// Writes an event that changes nothing.
    pub(super) fn note(&mut self, place: &Place<'_>, kind: MovementKind) {
        self.push(place, place.note(kind));
    }

    /// Releases what a reservation holds, line by line.
    pub(super) fn release(&mut self, reservation: &Reservation) {
        for line in &reservation.lines {
            let place = self.draft.place(&line.product, &line.store);
            self.draft.hold_less(&place, line.held);
            let reservation = reservation.id.clone();
            let released = MovementKind::Released { reservation };
            self.push(&place, place.free(line.held, released));
        }
    }

    /// Sets free at all levels of a product what reservations hold that are due.
    pub(super) fn lapse(&mut self, product: ProductIx) {
        for (product, store, held) in self.draft.take_levels(product) {
            let place = self.draft.place(product, store);
            self.push(&place, place.free(held, MovementKind::Lapsed));
        }
    }

    /// Tells who wants to know what the request leads to, after its last line: what happens in the middle of a request nobody
    /// can see. In the order of products and stores.
    pub(super) fn tell(&mut self) {
        let mut watched = std::mem::take(&mut self.watched);
        if defect!(AlertsNotJudged) {
            return;
        }
        watched.sort();
        watched.dedup();
        for (product, store) in watched {
            let place = self.draft.place(&product, &store);
            let available = place.level.available();
            if let Some(kind) = place.alert.and_then(|alert| alert.judge(available)) {
                self.note(&place, kind);
            }
        }
    }

    /// Writes an event.
    pub(super) fn push(&mut self, place: &Place<'_>, movement: Movement) {
        let position = self.draft.next().plus(self.events.len() as u64);
        self.draft.stage(place, position, &movement);
        let is_set = matches!(movement.kind, MovementKind::AlertSet { .. });
        if is_set || (movement.touches() && place.alert.is_some()) {
            let level = (place.product.clone(), place.store.clone());
            self.watched.push(level);
        }
        self.events.push(Event::Moved(movement));
    }
}

/// What has become of a line that has written an event at a place.
pub(super) fn written(place: &Place<'_>) -> RowOutcome {
    match place.is_known {
        true => RowOutcome::Updated,
        false => RowOutcome::Created,
    }
}

pub(super) fn ceiling(line: Line, place: &Place<'_>) -> Rejection {
    Rejection::StockCeiling {
        line,
        product: place.product.clone(),
        store: place.store.clone(),
    }
}

pub(super) fn quarantine(line: Line, place: &Place<'_>) -> Result<(), Rejection> {
    match place.quarantined && !defect!(QuarantineIgnored) {
        true => Err(Rejection::Quarantined {
            line,
            product: place.product.clone(),
        }),
        false => Ok(()),
    }
}

/// Refuses when the product is not at the version that a command demands.
pub(super) fn check_guard(line: Line, place: &Place<'_>, guard: Guard) -> Result<(), Rejection> {
    match guard {
        Guard::At(demanded) if demanded != place.version && !defect!(GuardIgnored) => {
            Err(Rejection::StaleVersion {
                line,
                product: place.product.clone(),
                store: place.store.clone(),
                demanded,
                current: Current {
                    version: place.version,
                    available: place.total,
                    at_store: place.level.available(),
                },
            })
        }
        Guard::At(_) | Guard::Unguarded => Ok(()),
    }
}

pub(super) fn insufficient(line: Line, place: &Place<'_>, delta: Delta) -> Rejection {
    Rejection::InsufficientStock {
        line,
        product: place.product.clone(),
        store: place.store.clone(),
        delta,
        available: place.level.available(),
    }
}

/// The level with another on-hand; `None` when that would leave less than is reserved.
pub(super) fn with_on_hand(level: Level, on_hand: Quantity) -> Option<Level> {
    Level::new(on_hand, level.reserved())
}
