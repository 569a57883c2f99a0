//! Whether a request is the one that used its key first.

use crate::machine::{Command, Difference, Entry, Event, Line, Movement, Request};

/// In what a request differs from the one that wrote `entry` under the same key; `None` when they mean the same.
pub(super) fn difference(entry: &Entry, request: &Request) -> Option<Difference> {
    if entry.intent.as_ref() == request.intent() {
        return None;
    }
    let commands = request.commands();
    if commands.len() != entry.events.len() {
        return Some(Difference::Lines);
    }
    let lines = entry.events.iter().zip(commands).enumerate();
    let first = lines
        .into_iter()
        .find_map(|(line, (event, command))| line_difference(Line(line), event, command));
    // The digests differ, so the requests do: an event that can't be read hides in what.
    Some(first.unwrap_or(Difference::Operation(Line(0))))
}

fn line_difference(line: Line, event: &Event, command: &Command) -> Option<Difference> {
    let (movement, same_amount) = match (event, command) {
        (
            Event::StockIncreased(movement) | Event::StockDecreased(movement),
            Command::Adjust(adjust),
        ) => (movement, movement.delta == adjust.delta.delta()),
        (Event::StockCounted(movement), Command::Count(count)) => {
            (movement, movement.after.level.on_hand() == count.counted)
        }
        (
            Event::StockIncreased(_)
            | Event::StockDecreased(_)
            | Event::StockCounted(_)
            | Event::DeadLettered(_),
            Command::Adjust(_) | Command::Count(_),
        ) => return Some(Difference::Operation(line)),
    };
    let Movement { product, store, .. } = movement;
    if product != command.product() {
        return Some(Difference::Product(line));
    }
    if store != command.store() {
        return Some(Difference::Store(line));
    }
    (!same_amount).then_some(Difference::Amount(line))
}
