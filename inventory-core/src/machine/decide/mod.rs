//! *decide*: commands become events or a refusal. All rules and all arithmetic are here, one file per command family.

mod adjust;
mod count;
mod replay;

use std::sync::Arc;

use super::draft::Place;
use crate::machine::{
    After, Command, Current, Draft, Entry, Event, Guard, Level, Line, Movement, Rejection, Request,
};
use crate::vocabulary::Quantity;

/// What the answer to a request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The request is new: these events say what it does, one per line.
    Fresh(Vec<Event>),
    /// The key has been used for the same intent: this was the answer.
    Replayed(Arc<Entry>),
}

/// Decides a request on top of a draft, which then shows its effect to the requests that follow.
///
/// The order of refusals: a key that was used for something else; then, line by line, quarantine, a stale version, too
/// little stock, too much stock.
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
    let mut events = Vec::with_capacity(request.commands().len());
    for (line, command) in request.commands().iter().enumerate() {
        let place = draft.place(command.product(), command.store());
        match decide_line(Line(line), &place, command) {
            Ok(event) => {
                let movement = event.movement();
                draft.stage(&place, movement.expect("decided events move stock"));
                events.push(event);
            }
            Err(rejection) => {
                draft.take_back();
                return Err(rejection);
            }
        }
    }
    draft.keep();
    Ok(Decision::Fresh(events))
}

/// The level that a command leads to, and the type of event that says so.
struct Outcome {
    level: Level,
    event: fn(Movement) -> Event,
}

fn decide_line(line: Line, place: &Place<'_>, command: &Command) -> Result<Event, Rejection> {
    let counted = matches!(command, Command::Count(_));
    if place.quarantined && !counted {
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
    let Outcome { level, event } = match command {
        Command::Adjust(adjust) => adjust::decide(line, place, adjust)?,
        Command::Count(count) => count::decide(line, place, count)?,
    };
    let change = level.available().since(place.level.available());
    let Some(total) = place.total.checked_apply(change) else {
        return Err(ceiling(line, place));
    };
    let Some(version) = place.version.next() else {
        let product = place.product.clone();
        return Err(Rejection::VersionsExhausted { line, product });
    };
    Ok(event(Movement {
        product: place.product.clone(),
        store: place.store.clone(),
        delta: level.on_hand().since(place.level.on_hand()),
        reserved_delta: level.reserved().since(place.level.reserved()),
        after: After {
            level,
            version,
            total,
        },
    }))
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
