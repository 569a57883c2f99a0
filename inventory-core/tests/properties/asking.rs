//! What was drawn of a group, as requests to an engine that stands at some versions and was asked some things before.

use inventory_core::conformance::{adjust, count};
use inventory_core::machine::{Basis, Command, Guard, Ledger, Request, Set, SetRule};
use inventory_core::vocabulary::{IdempotencyKey, ProductId, Quantity, Version};

use crate::draw::{Amount, Ask, Guarded, Line};

/// Key and lines of a request, before its guards are known.
type Outline = (Option<IdempotencyKey>, Vec<(Command, Guarded)>);

/// Makes a group. Guards are seen from the versions that the group will find if all of it applies.
pub(crate) fn requests(group: &[Ask], asked: &[Request], ledger: &Ledger) -> Vec<Request> {
    let mut requests = Vec::new();
    for ask in group {
        let Some((key, lines)) = outline(ask, asked.iter().chain(&requests)) else {
            continue;
        };
        let mut commands = Vec::new();
        for (command, guarded) in lines {
            let product = product(&command).clone();
            let earlier = requests.iter().flat_map(Request::commands).chain(&commands);
            let earlier = earlier.filter(|earlier| self::product(earlier) == &product);
            let known = ledger.product(&product);
            let version = known.map_or(0, |known| known.version().number());
            let guard = guard(guarded, version + earlier.count() as u64);
            commands.push(with_guard(command, guard));
        }
        let request = match key {
            Some(key) => Request::new(key, commands),
            None => Request::unkeyed(commands),
        };
        requests.push(request.expect("some lines were drawn"));
    }
    requests
}

/// `None` when there is no earlier request to ask again.
fn outline<'a>(ask: &Ask, asked: impl DoubleEndedIterator<Item = &'a Request>) -> Option<Outline> {
    match ask {
        Ask::New(key, lines) => {
            let key = key.map(|number| format!("key-{number}").parse());
            let key = key.map(|key| key.expect("a number in plain text"));
            let lines = lines.iter().map(|line| (command(line), line.guarded));
            Some((key, lines.collect()))
        }
        Ask::Again(back, guarded) => {
            let mut keyed = asked
                .rev()
                .filter_map(|request| Some((request.intent()?, request)));
            let (intent, first) = keyed.nth(*back)?;
            let lines = first
                .commands()
                .iter()
                .map(|command| (command.clone(), *guarded));
            Some((Some(intent.key.clone()), lines.collect()))
        }
    }
}

fn command(line: &Line) -> Command {
    match line.amount {
        Amount::Adjust(delta) => adjust(line.product, line.store, delta),
        Amount::Count(counted) => count(line.product, line.store, counted),
        Amount::Merge(on_hand) => set(line, on_hand, SetRule::Merge(Version::NEVER_WRITTEN)),
        Amount::Overwrite(on_hand) => set(line, on_hand, SetRule::Overwrite),
    }
}

fn set(line: &Line, on_hand: u64, rule: SetRule) -> Command {
    Command::Set(Set {
        product: line.product.parse().expect("a plain name"),
        store: line.store.parse().expect("a plain name"),
        on_hand: Quantity::new(on_hand).expect("few units are drawn"),
        rule,
    })
}

fn guard(guarded: Guarded, version: u64) -> Guard {
    let demanded = match guarded {
        Guarded::Not => return Guard::Unguarded,
        Guarded::Right => version,
        Guarded::Behind => version.saturating_sub(1),
        Guarded::Ahead => version + 1,
    };
    Guard::At(Version::new(demanded).expect("cases are short"))
}

fn with_guard(mut command: Command, demanded: Guard) -> Command {
    match &mut command {
        Command::Adjust(adjust) => adjust.guard = demanded,
        Command::Count(count) => count.basis = Basis::Now(demanded),
        Command::Set(set) => {
            if let (SetRule::Merge(version), Guard::At(demanded)) = (&mut set.rule, demanded) {
                *version = demanded;
            }
        }
        _ => {}
    }
    command
}

fn product(command: &Command) -> &ProductId {
    match command {
        Command::Adjust(adjust) => &adjust.product,
        Command::Count(count) => &count.product,
        Command::Set(set) => &set.product,
        _ => unreachable!("only stock is drawn"),
    }
}
