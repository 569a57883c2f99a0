//! Idempotency: whether a request is the one that used its key first.

use crate::machine::{
    Basis, Command, Difference, Entry, Event, Line, Movement, MovementKind, Request,
};
use crate::vocabulary::{ProductId, StoreId};

/// In what a request differs from the one that wrote `entry` under the same key; `None` when they mean the same.
pub(super) fn difference(entry: &Entry, request: &Request) -> Option<Difference> {
    if entry.intent.as_ref() == request.intent() {
        return None;
    }
    let commands = request.commands();
    let counted = kinds(entry).any(|kind| *kind == MovementKind::Counted);
    let is_line = |event: &&Event| match kind(event) {
        Some(
            MovementKind::Low { .. } | MovementKind::Replenished { .. } | MovementKind::Unchanged,
        ) => false,
        // A count has released them.
        Some(MovementKind::Released { .. }) => !counted,
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
        let Some(event) = events.next() else { break };
        let differs = line_difference(entry, Line(line), event, command);
        if differs.is_some() {
            return differs;
        }
    }
    // The digests differ, so the requests do: in a line that was skipped or whose event cannot be read.
    Some(Difference::Unseen)
}

fn kinds(entry: &Entry) -> impl Iterator<Item = &MovementKind> {
    entry.events.iter().filter_map(kind)
}

fn kind(event: &Event) -> Option<&MovementKind> {
    event.movement().map(|movement| &movement.kind)
}

/// The level that a command names, unless it is about a whole reservation or transfer.
pub(super) fn level(command: &Command) -> Option<(&ProductId, &StoreId)> {
    match command {
        Command::Adjust(adjust) => Some((&adjust.product, &adjust.store)),
        Command::Count(count) => Some((&count.product, &count.store)),
        Command::SyncLevel(set) => Some((&set.product, &set.store)),
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
            MovementKind::Committed { .. }
                | MovementKind::Released { .. }
                | MovementKind::Extended { .. }
                | MovementKind::Received { .. }
                | MovementKind::Closed { .. }
        )
    )
}

/// Whether a command of this operation has written the event that an entry begins with.
fn began(entry: &Entry, command: &Command, event: &Event) -> bool {
    // The lines of a reservation of which nothing is committed are released.
    let is_committed = match kind(event) {
        Some(MovementKind::Released { reservation: of }) => kinds(entry).any(
            |kind| matches!(kind, MovementKind::Committed { reservation } if reservation == of),
        ),
        _ => false,
    };
    if is_committed {
        return matches!(command, Command::Commit(_));
    }
    let movement = event.movement();
    movement.is_some_and(|movement| compare(entry, movement, command).is_some())
}

/// In what a command differs from the one that wrote the event of a line.
fn line_difference(
    entry: &Entry,
    line: Line,
    event: &Event,
    command: &Command,
) -> Option<Difference> {
    let movement = event.movement();
    let compared = movement.and_then(|it| Some((it, compare(entry, it, command)?)));
    let (Some((movement, shown)), Some((product, store))) = (compared, level(command)) else {
        return Some(Difference::Operation(line));
    };
    if movement.product != *product {
        Some(Difference::Product(line))
    } else if movement.store != *store {
        Some(Difference::Store(line))
    } else if !shown.same_amount {
        Some(Difference::Amount(line))
    } else {
        (!shown.same_subject).then_some(Difference::Subject)
    }
}

/// What an event shows of a command: what it does not show counts as the same.
struct Shown {
    same_amount: bool,
    /// The reservation, transfer or alert, and the same about it.
    same_subject: bool,
}

/// Compares a command with an event; `None` when a command of this operation does not write such events.
fn compare(entry: &Entry, movement: &Movement, command: &Command) -> Option<Shown> {
    let on_hand = movement.after.level.on_hand();
    let (delta, reserved_delta) = (movement.delta, movement.reserved_delta);
    let (same_amount, same_subject) = match (command, &movement.kind) {
        (Command::Adjust(adjust), MovementKind::Increased | MovementKind::Decreased) => {
            (delta == adjust.delta.delta(), true)
        }
        (Command::Count(count), MovementKind::Counted) => {
            let is_shown = matches!(count.basis, Basis::Now(_));
            (!is_shown || on_hand == count.counted, true)
        }
        (Command::SyncLevel(set), MovementKind::Counted) if !entry.outcomes.is_empty() => {
            (on_hand == set.on_hand, true)
        }
        (
            Command::Hold(hold),
            MovementKind::Held {
                reservation,
                deadline,
            },
        ) => (
            reserved_delta.size() == hold.quantity.quantity(),
            hold.reservation == *reservation && hold.ttl.after(entry.recorded_at) == *deadline,
        ),
        (
            Command::Ship(ship),
            MovementKind::Shipped {
                transfer,
                destination,
            },
        ) => (
            delta.size() == ship.quantity.quantity(),
            ship.transfer == *transfer && ship.destination == *destination,
        ),
        (Command::SetAlert(set), MovementKind::AlertSet { low, replenished }) => {
            let thresholds = (set.thresholds.low(), set.thresholds.replenished());
            (true, thresholds == (*low, *replenished))
        }
        (Command::Commit(_), MovementKind::Committed { .. })
        | (Command::Release(_), MovementKind::Released { .. })
        | (Command::Extend(_), MovementKind::Extended { .. })
        | (Command::Receive(_), MovementKind::Received { .. })
        | (Command::Close(_), MovementKind::Closed { .. })
        | (Command::RemoveAlert(_), MovementKind::AlertRemoved) => (true, true),
        _ => return None,
    };
    Some(Shown {
        same_amount,
        same_subject,
    })
}
