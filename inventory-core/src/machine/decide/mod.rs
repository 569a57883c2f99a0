//! *decide*: commands become events or a refusal. All rules and all arithmetic are here, one file per command family.

mod adjust;
mod alert;
mod count;
mod expire;
mod replay;
mod reservation;
mod ruling;
mod set;
mod transfer;

use std::sync::Arc;

pub use expire::{expire, expire_before};

use super::draft::Place;
use crate::machine::{
    Command, Current, Draft, Entry, Event, Guard, Line, Outcome, Rejection, Request,
};
use ruling::Ruling;

/// What the answer to a request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The request is new.
    Fresh(Fresh),
    /// The key has been used for the same intent: this was the answer.
    Replayed(Arc<Entry>),
}

/// What is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fresh {
    /// The events; at least one.
    pub events: Vec<Event>,
    /// What became of each line, when there are lines that may be skipped; otherwise empty.
    pub outcomes: Vec<Outcome>,
}

/// Decides a request on top of a draft, which then shows its effect to the requests that follow.
///
/// Reservations that are due and that the request would see must have expired before: [`expire_before`].
///
/// The order of refusals: a key that was used for something else; then, line by line, what the line names and does not fit,
/// quarantine, a stale version, too little stock, too much stock. A request whose lines are all skipped is refused last:
/// there is nothing to write.
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
    let mut ruling = Ruling::on(draft, commands.len());
    let has_rows = commands
        .iter()
        .any(|command| matches!(command, Command::Set(_)));
    let lines = (0..).map(Line).zip(commands);
    let ruled = lines.map(|(line, command)| {
        if has_rows {
            let outcome = outcome(ruling.draft, command);
            ruling.outcomes.extend(outcome);
        }
        decide_line(&mut ruling, line, command)
    });
    if let Some(rejection) = ruled.filter_map(Result::err).next() {
        draft.take_back();
        return Err(rejection);
    }
    let Ruling {
        events, outcomes, ..
    } = ruling;
    if events.is_empty() {
        let outcomes = outcomes.into();
        return Err(Rejection::NothingToDo { outcomes });
    }
    draft.keep();
    Ok(Decision::Fresh(Fresh { events, outcomes }))
}

fn decide_line(
    ruling: &mut Ruling<'_, '_>,
    line: Line,
    command: &Command,
) -> Result<(), Rejection> {
    match command {
        Command::Adjust(adjust) => adjust::decide(ruling, line, adjust),
        Command::Count(count) => count::decide(ruling, line, count),
        Command::Set(set) => set::decide(ruling, line, set),
        Command::Hold(hold) => reservation::hold(ruling, line, hold),
        Command::Commit(commit) => reservation::commit(ruling, line, commit),
        Command::Release(release) => reservation::release(ruling, line, release),
        Command::Extend(extend) => reservation::extend(ruling, extend),
        Command::Ship(ship) => transfer::ship(ruling, line, ship),
        Command::Receive(receive) => transfer::receive(ruling, line, receive),
        Command::Close(close) => transfer::close(ruling, line, close),
        Command::SetAlert(set) => alert::set(ruling, line, set),
        Command::RemoveAlert(remove) => alert::remove(ruling, remove),
    }
}

/// What becomes of a line that cannot be skipped and has rows beside it that can, once it is not refused.
fn outcome(draft: &mut Draft<'_>, command: &Command) -> Option<Outcome> {
    let is_known = match (command, replay::level(command)) {
        (Command::Set(_), _) => return None,
        (_, Some((product, store))) => draft.place(product, store).is_known,
        (_, None) => true,
    };
    Some(match is_known {
        true => Outcome::Updated,
        false => Outcome::Created,
    })
}

/// Refuses when the product is not at the version that a command demands.
fn check_guard(line: Line, place: &Place<'_>, guard: Guard) -> Result<(), Rejection> {
    match guard {
        Guard::At(demanded) if demanded != place.version => Err(Rejection::StaleVersion {
            line,
            product: place.product.clone(),
            store: place.store.clone(),
            demanded,
            current: Current {
                version: place.version,
                available: place.total,
                at_store: place.level.available(),
            },
        }),
        Guard::At(_) | Guard::Unguarded => Ok(()),
    }
}
