//! Whether a request is the one that used its key first.

use crate::machine::{Basis, Command, Difference, Entry, Event, Kind, Line, Movement, Request};
use crate::vocabulary::{ProductId, Quantity, StoreId};

/// In what a request differs from the one that wrote `entry` under the same key; `None` when they mean the same.
pub(super) fn difference(entry: &Entry, request: &Request) -> Option<Difference> {
    if entry.intent.as_ref() == request.intent() {
        return None;
    }
    let commands = request.commands();
    let counted = kinds(entry).any(|kind| *kind == Kind::Counted);
    let is_line = |event: &&Event| match kind(event) {
        Some(Kind::Low { .. } | Kind::Replenished { .. } | Kind::Unchanged) => false,
        // A count has released them.
        Some(Kind::Released { .. }) => !counted,
        Some(_) | None => true,
    };
    let mut events = entry.events.iter().filter(is_line);
    // A command about a whole reservation or transfer writes as many events as that has lines: which of the others is
    // whose cannot be told any more.
    let of_whole = commands.iter().any(|command| level(command).is_none());
    if of_whole || events.clone().any(is_of_whole) {
        let same = commands
            .first()
            .zip(events.next())
            .is_some_and(|(command, event)| began(entry, command, event));
        return Some(match same {
            true => Difference::Subject,
            false => Difference::Operation(Line(0)),
        });
    }
    let lines = match entry.outcomes.len() {
        0 => events.clone().count(),
        rows => rows,
    };
    if commands.len() != lines {
        return Some(Difference::Lines);
    }
    for (line, command) in commands.iter().enumerate() {
        let outcome = entry.outcomes.get(line);
        if outcome.is_some_and(|outcome| outcome.is_skipped()) {
            continue;
        }
        let may_be_skipped = outcome.is_some();
        let Some(event) = events.next() else { break };
        if let Some(differs) = line_difference(Line(line), event, command, may_be_skipped) {
            return Some(differs);
        }
        let movement = event.movement();
        if movement.is_some_and(|movement| !same_subject(entry, movement, command)) {
            return Some(Difference::Subject);
        }
    }
    // The digests differ, so the requests do: in a line that was skipped or whose event cannot be read.
    Some(Difference::Unseen)
}

fn kinds(entry: &Entry) -> impl Iterator<Item = &Kind> {
    entry.events.iter().filter_map(kind)
}

fn kind(event: &Event) -> Option<&Kind> {
    event.movement().map(|movement| &movement.kind)
}

/// The level that a command names, unless it is about a whole reservation or transfer.
pub(super) fn level(command: &Command) -> Option<(&ProductId, &StoreId)> {
    match command {
        Command::Adjust(adjust) => Some((&adjust.product, &adjust.store)),
        Command::Count(count) => Some((&count.product, &count.store)),
        Command::Set(set) => Some((&set.product, &set.store)),
        Command::Hold(hold) => Some((&hold.product, &hold.store)),
        Command::Ship(ship) => Some((&ship.product, &ship.source)),
        Command::SetAlert(set) => Some((&set.product, &set.store)),
        Command::RemoveAlert(remove) => Some((&remove.product, &remove.store)),
        Command::Commit(_)
        | Command::Release(_)
        | Command::Extend(_)
        | Command::Receive(_)
        | Command::Close(_) => None,
    }
}

fn is_of_whole(event: &Event) -> bool {
    matches!(
        kind(event),
        Some(
            Kind::Committed { .. }
                | Kind::Released { .. }
                | Kind::Extended { .. }
                | Kind::Received { .. }
                | Kind::Closed { .. }
        )
    )
}

/// Whether a command of this operation has written the event that an entry begins with.
fn began(entry: &Entry, command: &Command, event: &Event) -> bool {
    // The lines of a reservation of which nothing is committed are released.
    let committed = match kind(event) {
        Some(Kind::Released { reservation }) => {
            let reservation = reservation.clone();
            kinds(entry).any(|kind| {
                *kind
                    == Kind::Committed {
                        reservation: reservation.clone(),
                    }
            })
        }
        _ => false,
    };
    match committed {
        true => matches!(command, Command::Commit(_)),
        false => wrote(command, event),
    }
}

/// Whether a command of this operation writes events of this kind.
fn wrote(command: &Command, event: &Event) -> bool {
    let Some(kind) = kind(event) else {
        return false;
    };
    match command {
        Command::Adjust(_) => matches!(kind, Kind::Increased | Kind::Decreased),
        Command::Count(_) | Command::Set(_) => matches!(kind, Kind::Counted),
        Command::Hold(_) => matches!(kind, Kind::Held { .. }),
        Command::Commit(_) => matches!(kind, Kind::Committed { .. }),
        Command::Release(_) => matches!(kind, Kind::Released { .. }),
        Command::Extend(_) => matches!(kind, Kind::Extended { .. }),
        Command::Ship(_) => matches!(kind, Kind::Shipped { .. }),
        Command::Receive(_) => matches!(kind, Kind::Received { .. }),
        Command::Close(_) => matches!(kind, Kind::Closed { .. }),
        Command::SetAlert(_) => matches!(kind, Kind::AlertSet { .. }),
        Command::RemoveAlert(_) => matches!(kind, Kind::AlertRemoved),
    }
}

fn line_difference(
    line: Line,
    event: &Event,
    command: &Command,
    may_be_skipped: bool,
) -> Option<Difference> {
    let is_row = matches!(command, Command::Set(_));
    let movement = event
        .movement()
        .filter(|_| wrote(command, event) && (!is_row || may_be_skipped));
    let (Some(movement), Some((product, store))) = (movement, level(command)) else {
        return Some(Difference::Operation(line));
    };
    if movement.product != *product {
        return Some(Difference::Product(line));
    }
    if movement.store != *store {
        return Some(Difference::Store(line));
    }
    match same_amount(movement, command) {
        true => None,
        false => Some(Difference::Amount(line)),
    }
}

/// Whether the event shows the amount that the command names, or shows none.
fn same_amount(movement: &Movement, command: &Command) -> bool {
    let on_hand = movement.after.level.on_hand();
    let amount = |units: Quantity| movement.delta.size() == units;
    match command {
        Command::Adjust(adjust) => movement.delta == adjust.delta.delta(),
        Command::Count(count) => match count.basis {
            Basis::Now(_) => on_hand == count.counted,
            Basis::Then(_) => true,
        },
        Command::Set(set) => on_hand == set.on_hand,
        Command::Hold(hold) => movement.reserved_delta.size() == hold.quantity.quantity(),
        Command::Ship(ship) => amount(ship.quantity.quantity()),
        Command::Commit(_)
        | Command::Release(_)
        | Command::Extend(_)
        | Command::Receive(_)
        | Command::Close(_)
        | Command::SetAlert(_)
        | Command::RemoveAlert(_) => true,
    }
}

/// Whether the event shows the reservation, transfer or alert that the command names, and the same about it.
fn same_subject(entry: &Entry, movement: &Movement, command: &Command) -> bool {
    match (command, &movement.kind) {
        (
            Command::Hold(hold),
            Kind::Held {
                reservation,
                deadline,
            },
        ) => hold.reservation == *reservation && hold.ttl.after(entry.recorded_at) == *deadline,
        (
            Command::Ship(ship),
            Kind::Shipped {
                transfer,
                destination,
            },
        ) => ship.transfer == *transfer && ship.destination == *destination,
        (Command::SetAlert(set), Kind::AlertSet { low, replenished }) => {
            (set.thresholds.low(), set.thresholds.replenished()) == (*low, *replenished)
        }
        _ => true,
    }
}
