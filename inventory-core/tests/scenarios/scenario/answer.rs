//! Answers as a table writes them.

use inventory_core::machine::{Line, Movement, MovementKind, Rejection};
use inventory_core::testing::Predicted;

/// The answer in the words of a table.
pub(super) fn text(answer: &Predicted) -> String {
    match answer {
        Predicted::Applied {
            movements,
            outcomes,
            ..
        } => {
            let mut movements = movements.iter().peekable();
            let mut lines = Vec::new();
            for outcome in outcomes {
                lines.push(match outcome.is_skipped() {
                    true => outcome.to_string(),
                    false => format!("{outcome} {}", effect(movements.next().unwrap())),
                });
                while let Some(told) = movements.next_if(|movement| is_told(movement)) {
                    lines.push(effect(told));
                }
            }
            lines.extend(movements.map(effect));
            lines.join(" & ")
        }
        Predicted::Replayed { first, outcomes } => {
            let outcomes = outcomes.iter().map(|outcome| format!(" {outcome}"));
            format!("replayed {first}{}", outcomes.collect::<String>())
        }
        Predicted::Reused { first } => format!("reused {first}"),
        Predicted::Refused(rejection) => format!("refused: {}", refusal(rejection)),
    }
}

/// Whether an event only says what the one before it has led to.
fn is_told(movement: &Movement) -> bool {
    matches!(
        movement.kind,
        MovementKind::Low { .. } | MovementKind::Replenished { .. }
    )
}

/// What an event leaves behind, after a word for what it is, unless somebody only looked or moved stock; what is said of a
/// level that is as it was has no numbers but its own.
fn effect(movement: &Movement) -> String {
    let (at_store, total) = (movement.after.level.available(), movement.after.total);
    let version = movement.after.version;
    let left = match at_store == total {
        true => format!("{at_store} v{version}"),
        false => format!("{at_store} v{version} total {total}"),
    };
    match &movement.kind {
        MovementKind::Increased | MovementKind::Decreased | MovementKind::Counted => left,
        MovementKind::Held { .. } => format!("held {left}"),
        MovementKind::Committed { .. } => format!("committed {left}"),
        MovementKind::Released { .. } => format!("released {left}"),
        MovementKind::Expired { reservation } => format!("expired {reservation}"),
        MovementKind::Lapsed => format!("lapsed {left}"),
        MovementKind::Extended { deadline, .. } => format!("extended to {}ms", deadline.millis()),
        MovementKind::Shipped { .. } => format!("shipped {left}"),
        MovementKind::Received { in_transit, .. } => format!("received {left} left {in_transit}"),
        MovementKind::Closed { missing, .. } => format!("closed {missing} {left}"),
        MovementKind::AlertSet { .. } => "alerted".to_owned(),
        MovementKind::AlertRemoved => "unalerted".to_owned(),
        MovementKind::Low { low } => format!("low {low}"),
        MovementKind::Replenished { replenished } => format!("replenished {replenished}"),
        MovementKind::Unchanged => "noted".to_owned(),
    }
}

fn refusal(rejection: &Rejection) -> String {
    match rejection {
        Rejection::KeyReused { first, differs } => format!("KeyReused, {first} has {differs}"),
        Rejection::Quarantined { line, .. } => format!("Quarantined{}", of(*line)),
        Rejection::StaleVersion { line, current, .. } => {
            let (version, at_store, available) =
                (current.version, current.at_store, current.available);
            let of = of(*line);
            format!("StaleVersion{of}, is v{version} with {at_store} of {available}")
        }
        Rejection::InsufficientStock {
            line, available, ..
        } => format!("InsufficientStock{}, has {available}", of(*line)),
        Rejection::BelowReserved { line, reserved, .. } => {
            format!("BelowReserved{}, has {reserved}", of(*line))
        }
        Rejection::StockCeiling { line, .. } => format!("StockCeiling{}", of(*line)),
        Rejection::NothingToDo { outcomes } => {
            let outcomes = outcomes.iter().map(|outcome| format!(" {outcome}"));
            format!("NothingToDo{}", outcomes.collect::<String>())
        }
        Rejection::VersionsExhausted { line, .. } => format!("VersionsExhausted{}", of(*line)),
        Rejection::OtherHistory { named, current } => format!("OtherHistory {named}, is {current}"),
        Rejection::OutOfScope { store, reservation } => match reservation {
            Some(reservation) => format!("OutOfScope {store} by {reservation}"),
            None => format!("OutOfScope {store}"),
        },
        Rejection::CountedSince { line, at, .. } => format!("CountedSince{}, at {at}", of(*line)),
        Rejection::NamedTwice { line } => format!("NamedTwice{}", of(*line)),
        Rejection::TooManyLines { line } => format!("TooManyLines{}", of(*line)),
        Rejection::LinesDiffer { line } => format!("LinesDiffer{}", of(*line)),
        Rejection::ReservationExists { state, .. } => format!("ReservationExists, is {state}"),
        Rejection::UnknownReservation { reservation } => {
            format!("UnknownReservation {reservation}")
        }
        Rejection::ReservationEnded { state, .. } => format!("ReservationEnded, is {state}"),
        Rejection::NotHeld { line, held, .. } => format!("NotHeld{}, has {held}", of(*line)),
        Rejection::LivesTooLong { latest, .. } => format!("LivesTooLong, to {}ms", latest.millis()),
        Rejection::TransferExists { state, .. } => format!("TransferExists, is {state}"),
        Rejection::SameStore { .. } => "SameStore".to_owned(),
        Rejection::UnknownTransfer { transfer } => format!("UnknownTransfer {transfer}"),
        Rejection::TransferEnded { state, .. } => format!("TransferEnded, is {state}"),
        Rejection::NotInTransit {
            line, in_transit, ..
        } => format!("NotInTransit{}, has {in_transit}", of(*line)),
        Rejection::UnknownAlert { product, store } => format!("UnknownAlert {product}@{store}"),
    }
}

fn of(line: Line) -> String {
    match line {
        Line(0) => String::new(),
        line => format!(" in line {line}"),
    }
}
