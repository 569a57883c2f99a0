//! Whether a request is the one that used its key first.

use crate::machine::{Command, Difference, Entry, Event, Line, Movement, Request};

/// In what a request differs from the one that wrote `entry` under the same key; `None` when they mean the same.
pub(super) fn difference(entry: &Entry, request: &Request) -> Option<Difference> {
    if entry.intent.as_ref() == request.intent() {
        return None;
    }
    let commands = request.commands();
    let lines = entry.outcomes.len().max(entry.events.len());
    if commands.len() != lines {
        return Some(Difference::Lines);
    }
    let mut events = entry.events.iter();
    for (line, command) in commands.iter().enumerate() {
        if entry
            .outcomes
            .get(line)
            .is_some_and(|outcome| outcome.is_skipped())
        {
            continue;
        }
        let Some(event) = events.next() else { break };
        let may_be_skipped = !entry.outcomes.is_empty();
        if let Some(differs) = line_difference(Line(line), event, command, may_be_skipped) {
            return Some(differs);
        }
    }
    // The digests differ, so the requests do: in a line that was skipped or whose event cannot be read.
    Some(Difference::Unseen)
}

fn line_difference(
    line: Line,
    event: &Event,
    command: &Command,
    may_be_skipped: bool,
) -> Option<Difference> {
    let (movement, same_amount) = match (event, command) {
        (
            Event::StockIncreased(movement) | Event::StockDecreased(movement),
            Command::Adjust(adjust),
        ) => (movement, movement.delta == adjust.delta.delta()),
        (Event::StockCounted(movement), Command::Count(count)) => {
            (movement, movement.after.level.on_hand() == count.counted)
        }
        (Event::StockCounted(movement), Command::Set(set)) if may_be_skipped => {
            (movement, movement.after.level.on_hand() == set.on_hand)
        }
        (
            Event::StockIncreased(_)
            | Event::StockDecreased(_)
            | Event::StockCounted(_)
            | Event::DeadLettered(_),
            Command::Adjust(_) | Command::Count(_) | Command::Set(_),
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
