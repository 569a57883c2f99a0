//! Audit of holds: what the log says of them, kept apart from the ledger and compared with it.

use std::collections::HashMap;

use inventory_core::machine::{Entry, Ledger, Movement, MovementKind};
use inventory_core::vocabulary::{ReservationId, Timestamp};

use crate::books::Mismatch;
use crate::carts::Carts;

/// How a hold has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Committed,
    Released,
    Expired,
}

/// One hold.
#[derive(Debug)]
struct Promise {
    deadline: Timestamp,
    lines: usize,
    /// How it has ended, when, and how many of its lines have.
    ended: Option<(End, Timestamp, usize)>,
}

/// All holds of a log.
#[derive(Debug, Default)]
pub(crate) struct Promises {
    promises: HashMap<ReservationId, Promise>,
    /// Units of open holds.
    held: i64,
    mismatches: Vec<Mismatch>,
}

impl Promises {
    /// Takes an entry in.
    pub(crate) fn follow(&mut self, entry: &Entry) {
        let movements = entry.events.iter().filter_map(|event| event.movement());
        for movement in movements {
            self.held += movement.reserved_delta.units();
            let (reservation, end) = match &movement.kind {
                MovementKind::Held {
                    reservation,
                    deadline,
                } => {
                    self.hold(reservation, *deadline);
                    continue;
                }
                MovementKind::Committed { reservation } => (reservation, End::Committed),
                MovementKind::Released { reservation } => (reservation, End::Released),
                MovementKind::Expired { reservation } => (reservation, End::Expired),
                MovementKind::Increased
                | MovementKind::Decreased
                | MovementKind::Counted
                | MovementKind::Lapsed
                | MovementKind::Extended { .. }
                | MovementKind::Shipped { .. }
                | MovementKind::Received { .. }
                | MovementKind::Closed { .. }
                | MovementKind::AlertSet { .. }
                | MovementKind::AlertRemoved
                | MovementKind::Low { .. }
                | MovementKind::Replenished { .. }
                | MovementKind::Unchanged => continue,
            };
            if let Err(what) = self.end(reservation, end, entry.recorded_at, movement) {
                let what = format!("reservation {reservation} {what}");
                self.mismatches.push(Mismatch::new(what));
            }
        }
    }

    fn hold(&mut self, reservation: &ReservationId, deadline: Timestamp) {
        let promise = self.promises.entry(reservation.clone());
        let promise = promise.or_insert(Promise {
            deadline,
            lines: 0,
            ended: None,
        });
        promise.lines += 1;
    }

    fn end(
        &mut self,
        reservation: &ReservationId,
        end: End,
        at: Timestamp,
        movement: &Movement,
    ) -> Result<(), &'static str> {
        let promise = self.promises.get_mut(reservation);
        let promise = promise.ok_or("has ended and was never made")?;
        // The level of one that has expired has set its units free before.
        let freed = movement.reserved_delta.units() < 0;
        if freed == (end == End::Expired) {
            return Err("has ended and set nothing free, or expired and set free what was free");
        }
        let in_time = at <= promise.deadline;
        if in_time == (end == End::Expired) {
            return Err("has not ended by its deadline, or expired before it");
        }
        let (first_end, first_at, lines) = promise.ended.unwrap_or((end, at, 0));
        promise.ended = Some((end, at, lines + 1));
        match (first_end, first_at) == (end, at) && lines < promise.lines {
            true => Ok(()),
            false => Err("has ended twice"),
        }
    }

    /// Compares what is held with what the ledger says is reserved, at the same position of the log.
    pub(crate) fn compare(&mut self, ledger: &Ledger) {
        if self.promises.is_empty() {
            return;
        }
        let levels = ledger.products().flat_map(|product| product.levels());
        let reserved: u64 = levels.map(|(_, level)| level.reserved().units()).sum();
        if u64::try_from(self.held) != Ok(reserved) {
            let what = format!(
                "at {}, {reserved} units are reserved and {} are held",
                ledger.head().sequence,
                self.held
            );
            self.mismatches.push(Mismatch::new(what));
        }
    }

    /// Everything that does not add up, at the end of the log.
    pub(crate) fn finish(mut self, carts: Carts) -> Vec<Mismatch> {
        let ended = |end: End| {
            let promises = self.promises.values();
            let whole = promises.filter(|promise| {
                let ended = promise
                    .ended
                    .filter(|(_, _, lines)| *lines == promise.lines);
                ended.is_some_and(|(how, _, _)| how == end)
            });
            whole.count()
        };
        let counts = [
            ("made", self.promises.len(), carts.held),
            ("committed", ended(End::Committed), carts.committed),
            ("released", ended(End::Released), carts.released),
            ("expired", ended(End::Expired), carts.expired),
            (
                "ended",
                ended(End::Committed) + ended(End::Released) + ended(End::Expired),
                self.promises.len(),
            ),
        ];
        for (what, found, expected) in counts {
            if found != expected {
                let what = format!("{found} reservations were {what}, not {expected}");
                self.mismatches.push(Mismatch::new(what));
            }
        }
        if self.held != 0 {
            let what = format!("{} units are held for good", self.held);
            self.mismatches.push(Mismatch::new(what));
        }
        self.mismatches
    }
}
