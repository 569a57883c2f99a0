//! *decide*: commands become events or a refusal. All rules and all arithmetic are here, one file per command family.

mod adjust;
mod alert;
mod count;
mod expire;
mod replay;
mod request_draft;
mod reservation;
mod sync_level;
mod transfer;

pub use expire::{Portion, expire};

use crate::defect;
use crate::machine::{
    Command, Decision, Draft, Effects, Event, Line, MovementKind, Rejection, Request, RowOutcome,
};
use expire::lapse_seen;
use request_draft::RequestDraft;

/// Decides a request on top of a draft, which then shows its effect to the requests that follow.
///
/// What is due is free for the request, whichever products it sees: if no entry says so yet, the decision is to write some.
/// That happens once for a request, since all that it sees is lapsed by then.
///
/// The order of refusals: a key that was used for something else; then, line by line, what the line names and does not fit,
/// quarantine, a stale version, too little stock, too much stock; last, a change where whoever asks may change nothing.
///
/// A request whose lines were all skipped is answered all the same, so that its key has to be remembered: it writes one event
/// that changes nothing. Without a key there is nothing to remember: it is refused last, and writes nothing.
///
/// # Errors
///
/// The first reason to refuse, in that order. The draft is as it was.
pub fn decide(draft: &mut Draft<'_>, request: &Request) -> Result<Decision, Rejection> {
    let intent = request.intent();
    if let Some(first) = intent.and_then(|intent| draft.find(intent)) {
        return match replay::difference(&first, request) {
            None => Ok(Decision::Replayed(first)),
            Some(_) if defect!(FingerprintIgnored) => Ok(Decision::Replayed(first)),
            Some(differs) => Err(Rejection::KeyReused {
                first: first.first,
                differs,
            }),
        };
    }
    let is_keyed = intent.is_some() && !defect!(UnchangedForgotten);
    let decided = decide_lines(draft, request.commands(), is_keyed);
    let decided = decided.and_then(|effects| check_scope(request, effects));
    if draft.sees_overdue() {
        // By the numbers it was decided rightly, and so has seen what it will see; but positions and versions come later.
        return Ok(Decision::Overdue(lapse_seen(draft)));
    }
    match decided {
        Ok(effects) => {
            draft.keep();
            Ok(Decision::New(effects))
        }
        Err(rejection) => {
            if !defect!(RefusedNotTakenBack) {
                draft.take_back();
            }
            Err(rejection)
        }
    }
}

/// Decides the lines in order, and leaves what they have staged for the caller to keep or take back.
fn decide_lines(
    draft: &mut Draft<'_>,
    commands: &[Command],
    is_keyed: bool,
) -> Result<Effects, Rejection> {
    let mut request = RequestDraft::on(draft, commands.len());
    let mut outcomes = Vec::new();
    if commands.iter().any(may_be_skipped) {
        outcomes.reserve_exact(commands.len());
    }
    for (line, command) in (0..).map(Line).zip(commands) {
        let outcome = decide_line(&mut request, line, command)?;
        request.check_size(line)?;
        if outcomes.capacity() > 0 {
            outcomes.push(outcome);
        }
    }
    let is_synchronisation = commands
        .iter()
        .any(|line| matches!(line, Command::SyncLevel(_)));
    if !is_synchronisation && !outcomes.iter().any(|outcome| outcome.is_skipped()) {
        outcomes.clear();
    }
    if request.events.is_empty() {
        if !is_keyed {
            let outcomes = outcomes.into();
            return Err(Rejection::NothingToDo { outcomes });
        }
        let level = commands.first().and_then(replay::level);
        let (product, store) = level.expect("only lines that name a level are skipped");
        let place = request.draft.place(product, store);
        request.note(&place, MovementKind::Unchanged);
    }
    request.tell();
    let events = request.events;
    Ok(Effects { events, outcomes })
}

/// Whether all that a request changes is where whoever asks may write: which stores that are is known here and no earlier, since
/// others make and end reservations at the same time.
fn check_scope(request: &Request, effects: Effects) -> Result<Effects, Rejection> {
    let Some(scope) = request.scope() else {
        return Ok(effects);
    };
    let movements = effects.events.iter().filter_map(Event::movement);
    let mut foreign = movements.filter(|movement| !scope.contains(&movement.store));
    match foreign.next() {
        None => Ok(effects),
        Some(movement) => Err(Rejection::OutOfScope {
            store: movement.store.clone(),
            reservation: movement.kind.details().reservation,
        }),
    }
}

fn decide_line(
    request: &mut RequestDraft<'_, '_>,
    line: Line,
    command: &Command,
) -> Result<RowOutcome, Rejection> {
    match command {
        Command::Adjust(adjust) => adjust::decide(request, line, adjust),
        Command::Count(count) => count::decide(request, line, count),
        Command::SyncLevel(set) => sync_level::decide(request, line, set),
        Command::Hold(hold) => reservation::hold(request, line, hold).map(updated),
        Command::Commit(commit) => reservation::commit(request, line, commit).map(updated),
        Command::Release(release) => reservation::release(request, line, release).map(updated),
        Command::Extend(extend) => reservation::extend(request, extend).map(updated),
        Command::Ship(ship) => transfer::ship(request, line, ship).map(updated),
        Command::Receive(receive) => transfer::receive(request, line, receive).map(updated),
        Command::Close(close) => transfer::close(request, line, close).map(updated),
        Command::SetAlert(set) => alert::set(request, line, set),
        Command::RemoveAlert(remove) => alert::remove(request, remove).map(updated),
    }
}

/// Whether a line may write nothing without the request being refused.
fn may_be_skipped(command: &Command) -> bool {
    matches!(command, Command::SyncLevel(_) | Command::SetAlert(_))
}

/// These commands do not report whether they created the level.
fn updated((): ()) -> RowOutcome {
    RowOutcome::Updated
}
