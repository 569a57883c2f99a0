//! *decide*: commands become events or a refusal. All rules and all arithmetic are here, one file per command family.

mod adjust;
mod count;
mod replay;
mod set;

use std::sync::Arc;

use super::draft::Place;
use crate::machine::{
    After, Command, Current, Draft, Entry, Event, Guard, Level, Line, Movement, Outcome, Rejection,
    Request, SetRule, Skip,
};
use crate::vocabulary::Quantity;

/// What the answer to a request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The request is new.
    Fresh(Fresh),
    /// The key has been used for the same intent: this was the answer.
    Replayed(Arc<Entry>),
}

/// What a new request does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fresh {
    /// The events; at least one.
    pub events: Vec<Event>,
    /// What became of each line, when there are lines that may be skipped; otherwise empty.
    pub outcomes: Vec<Outcome>,
}

/// Decides a request on top of a draft, which then shows its effect to the requests that follow.
///
/// The order of refusals: a key that was used for something else; then, line by line, quarantine, a stale version, too
/// little stock, too much stock. A request whose lines are all skipped is refused last: there is nothing to write.
///
/// # Errors
///
/// The first reason to refuse, in that order. The draft is as it was.
pub fn decide(draft: &mut Draft<'_>, request: &Request) -> Result<Decision, Rejection> {
    let intent = request.intent();
    if let Some(first) = intent.and_then(|intent| draft.find(&intent.key)) {
        return match replay::difference(&first, request) {
            None => Ok(Decision::Replayed(first)),
            Some(differs) => Err(Rejection::KeyReused {
                first: first.first,
                differs,
            }),
        };
    }
    let commands = request.commands();
    let mut events = Vec::with_capacity(commands.len());
    let mut outcomes = Vec::new();
    if commands
        .iter()
        .any(|command| matches!(command, Command::Set(_)))
    {
        outcomes.reserve_exact(commands.len());
    }
    for (line, command) in commands.iter().enumerate() {
        let place = draft.place(command.product(), command.store());
        let outcome = match decide_line(Line(line), &place, command) {
            Ok(Decided::Event(event)) => {
                let movement = event.movement();
                draft.stage(&place, movement.expect("decided events move stock"));
                events.push(event);
                match place.is_known {
                    true => Outcome::Updated,
                    false => Outcome::Created,
                }
            }
            Ok(Decided::Skipped(skip)) => Outcome::Skipped(skip),
            Err(rejection) => {
                draft.take_back();
                return Err(rejection);
            }
        };
        if outcomes.capacity() > 0 {
            outcomes.push(outcome);
        }
    }
    if events.is_empty() {
        let outcomes = outcomes.into();
        return Err(Rejection::NothingToDo { outcomes });
    }
    draft.keep();
    Ok(Decision::Fresh(Fresh { events, outcomes }))
}

/// What a line does.
enum Decided {
    Event(Event),
    Skipped(Skip),
}

/// The level that a command leads to, and the type of event that says so.
struct Change {
    level: Level,
    event: fn(Movement) -> Event,
}

/// Whether a command says what somebody saw, so that it may be believed when the ledger may not.
fn is_count(command: &Command) -> bool {
    match command {
        Command::Count(_) => true,
        Command::Set(set) => set.rule == SetRule::Overwrite,
        Command::Adjust(_) => false,
    }
}

fn decide_line(line: Line, place: &Place<'_>, command: &Command) -> Result<Decided, Rejection> {
    if place.quarantined && !is_count(command) {
        let product = place.product.clone();
        return Err(Rejection::Quarantined { line, product });
    }
    if let Guard::At(demanded) = command.guard()
        && demanded != place.version
    {
        return Err(Rejection::StaleVersion {
            line,
            product: place.product.clone(),
            store: place.store.clone(),
            demanded,
            current: Current {
                version: place.version,
                available: place.total,
                at_store: place.level.available(),
            },
        });
    }
    let Change { level, event } = match command {
        Command::Adjust(adjust) => adjust::decide(line, place, adjust)?,
        Command::Count(count) => count::decide(line, place, count)?,
        Command::Set(set) => match set::decide(place, set) {
            Ok(change) => change,
            Err(skip) => return Ok(Decided::Skipped(skip)),
        },
    };
    let change = level.available().since(place.level.available());
    let Some(total) = place.total.checked_apply(change) else {
        return Err(ceiling(line, place));
    };
    let Some(version) = place.version.next() else {
        let product = place.product.clone();
        return Err(Rejection::VersionsExhausted { line, product });
    };
    Ok(Decided::Event(event(Movement {
        product: place.product.clone(),
        store: place.store.clone(),
        delta: level.on_hand().since(place.level.on_hand()),
        reserved_delta: level.reserved().since(place.level.reserved()),
        after: After {
            level,
            version,
            total,
        },
    })))
}

fn ceiling(line: Line, place: &Place<'_>) -> Rejection {
    Rejection::StockCeiling {
        line,
        product: place.product.clone(),
        store: place.store.clone(),
    }
}

/// The level with another on-hand; `None` when that would leave less than is reserved.
fn with_on_hand(level: Level, on_hand: Quantity) -> Option<Level> {
    Level::new(on_hand, level.reserved())
}
