//! What was drawn of a group, as requests to an engine that stands at some versions and was asked some things before.

use inventory_core::machine::{
    Adjust, Basis, Close, Command, Commit, CommitLine, Count, Distinct, Extend, Guard, Hold,
    Ledger, Lines, Receive, ReceiveLine, Release, RemoveAlert, Request, SetAlert, Settlement, Ship,
    SyncLevel, SyncRule, Thresholds,
};
use inventory_core::testing::then;
use inventory_core::vocabulary::{
    Adjustment, Caller, IdempotencyKey, ProductId, Quantity, Sequence, StoreId, Ttl, Units, Version,
};

use crate::draw::Ask;
use crate::wish::{Amount, Guarded, Place, Wish};

/// A caller, and a key of theirs.
type Key = (Option<Caller>, IdempotencyKey);

/// Key and lines of a request, before its guards are known.
type Outline = (Option<Key>, Vec<(Command, Guarded)>);

/// Makes a group. Guards are seen from the versions that the group will find if all of it applies, one event a line.
pub(crate) fn requests(group: &[Ask], asked: &[Request], ledger: &Ledger) -> Vec<Request> {
    let mut requests = Vec::new();
    for ask in group {
        let earlier = asked.iter().chain(&requests);
        let Some((key, lines)) = outline(ask, earlier, ledger.head().sequence) else {
            continue;
        };
        let mut commands = Vec::new();
        for (mut command, guarded) in lines {
            if let Some(product) = guarded_product(&command) {
                let earlier = requests.iter().flat_map(Request::commands).chain(&commands);
                let earlier = earlier.filter(|earlier| guarded_product(earlier) == Some(product));
                let known = ledger.product(product);
                let version = known.map_or(0, |known| known.version().number());
                let guard = guard(guarded, version + earlier.count() as u64);
                demand(&mut command, guard);
            }
            commands.push(command);
        }
        let drawn = "some lines were drawn";
        requests.push(match key {
            Some((None, key)) => Request::new(key, commands).expect(drawn),
            Some((Some(caller), key)) => Request::new(key, commands).expect(drawn).by(caller),
            None => Request::unkeyed(commands).expect(drawn),
        });
    }
    requests
}

/// `None` when there is no earlier request to ask again.
fn outline<'a>(
    ask: &Ask,
    asked: impl DoubleEndedIterator<Item = &'a Request>,
    head: Sequence,
) -> Option<Outline> {
    match ask {
        Ask::New(key, lines) => {
            let key = key.map(|number| {
                let caller = (number % 2 == 1).then(|| "till".parse().expect("a plain name"));
                let key = format!("key-{}", number / 2);
                (caller, key.parse().expect("a number in plain text"))
            });
            let lines = lines.iter().map(|wish| {
                let Wish::Stock(_, _, guarded) = wish else {
                    return (command(wish, head), Guarded::Not);
                };
                (command(wish, head), *guarded)
            });
            Some((key, lines.collect()))
        }
        Ask::Again(back, guarded) => {
            let (key, commands) = earlier(*back, asked)?;
            let lines = commands.into_iter().map(|command| (command, *guarded));
            Some((Some(key), lines.collect()))
        }
        Ask::Otherwise(back, line) => {
            let (key, mut commands) = earlier(*back, asked)?;
            let line = line % commands.len();
            change(&mut commands[line]);
            let lines = commands.into_iter().map(|command| (command, Guarded::Not));
            Some((Some(key), lines.collect()))
        }
    }
}

/// Key and commands of an earlier request.
fn earlier<'a>(
    back: usize,
    asked: impl DoubleEndedIterator<Item = &'a Request>,
) -> Option<(Key, Vec<Command>)> {
    let mut keyed = asked
        .rev()
        .filter_map(|request| Some((request.intent()?, request)));
    let (intent, first) = keyed.nth(back)?;
    let key = (intent.caller.clone(), intent.key.clone());
    Some((key, first.commands().to_vec()))
}

/// Makes a command mean something else.
fn change(command: &mut Command) {
    match command {
        Command::Adjust(adjust) => adjust.store = store_id("south"),
        Command::Count(count) => count.release_holds = !count.release_holds,
        Command::SyncLevel(set) => set.rule = SyncRule::Overwrite,
        Command::Hold(hold) => hold.ttl = ttl(59),
        Command::Commit(commit) => commit.lines = None,
        Command::Release(release) => release.reservation = "r1".parse().expect("a plain name"),
        Command::Extend(extend) => extend.ttl = ttl(59),
        Command::Ship(ship) => ship.transfer = "t1".parse().expect("a plain name"),
        Command::Receive(receive) => receive.lines = None,
        Command::Close(close) => close.settlement = Settlement::Lost,
        Command::SetAlert(set) => {
            let thresholds = Thresholds::new(quantity(9), quantity(11));
            set.thresholds = thresholds.expect("eleven is more than nine");
        }
        Command::RemoveAlert(remove) => remove.store = store_id("south"),
    }
}

fn command(wish: &Wish, head: Sequence) -> Command {
    match *wish {
        Wish::Stock(place, amount, _) => stock(place, amount, head),
        Wish::Hold(reservation, (product, store), quantity, seconds) => Command::Hold(Hold {
            reservation: reservation.parse().expect("a plain name"),
            product: product_id(product),
            store: store_id(store),
            quantity: units(quantity),
            ttl: ttl(seconds),
        }),
        Wish::Commit(reservation, ref lines) => Command::Commit(Commit {
            reservation: reservation.parse().expect("a plain name"),
            lines: lines.as_ref().map(|lines| {
                let line = |&((product, store), quantity): &(Place, u64)| CommitLine {
                    product: product_id(product),
                    store: store_id(store),
                    quantity: units(quantity),
                };
                distinct(lines.iter().map(line))
            }),
        }),
        Wish::Release(reservation) => Command::Release(Release {
            reservation: reservation.parse().expect("a plain name"),
        }),
        Wish::Extend(reservation, seconds) => Command::Extend(Extend {
            reservation: reservation.parse().expect("a plain name"),
            ttl: ttl(seconds),
        }),
        Wish::Ship(transfer, (product, source), destination, quantity) => Command::Ship(Ship {
            transfer: transfer.parse().expect("a plain name"),
            source: store_id(source),
            destination: store_id(destination),
            product: product_id(product),
            quantity: units(quantity),
        }),
        Wish::Receive(transfer, ref lines) => Command::Receive(Receive {
            transfer: transfer.parse().expect("a plain name"),
            lines: lines.as_ref().map(|lines| {
                let line = |&(product, quantity): &(&str, u64)| ReceiveLine {
                    product: product_id(product),
                    quantity: units(quantity),
                };
                distinct(lines.iter().map(line))
            }),
        }),
        Wish::Close(transfer, lost) => Command::Close(Close {
            transfer: transfer.parse().expect("a plain name"),
            settlement: match lost {
                true => Settlement::Lost,
                false => Settlement::Returned,
            },
        }),
        Wish::Alert((product, store), low, more) => Command::SetAlert(SetAlert {
            product: product_id(product),
            store: store_id(store),
            thresholds: Thresholds::new(quantity(low), quantity(low + more))
                .expect("more is at least one"),
        }),
        Wish::Unalert((product, store)) => Command::RemoveAlert(RemoveAlert {
            product: product_id(product),
            store: store_id(store),
        }),
    }
}

fn stock((product, store): Place, amount: Amount, head: Sequence) -> Command {
    let (product, store) = (product_id(product), store_id(store));
    let (on_hand, rule) = match amount {
        Amount::Adjust(delta) => {
            return Command::Adjust(Adjust {
                product,
                store,
                delta: Adjustment::new(delta).expect("something is changed"),
                guard: Guard::Unguarded,
            });
        }
        Amount::Count(counted, release_holds) => {
            return Command::Count(Count {
                product,
                store,
                counted: quantity(counted),
                basis: Basis::Now(Guard::Unguarded),
                release_holds,
            });
        }
        Amount::Recount(counted, on_hand, release_holds) => {
            // A few events ago, so that somebody may have counted since, or not.
            let began = Sequence::new(head.number().saturating_sub(on_hand % 8));
            return Command::Count(Count {
                product,
                store,
                counted: quantity(counted),
                basis: then(began, quantity(on_hand)),
                release_holds,
            });
        }
        Amount::Merge(on_hand) => (on_hand, SyncRule::Merge(Version::NEVER_WRITTEN)),
        Amount::Overwrite(on_hand) => (on_hand, SyncRule::Overwrite),
    };
    Command::SyncLevel(SyncLevel {
        product,
        store,
        on_hand: quantity(on_hand),
        rule,
    })
}

/// Lines without those that name again what an earlier one names.
fn distinct<T: Distinct>(drawn: impl Iterator<Item = T>) -> Lines<T> {
    let mut lines: Vec<T> = Vec::new();
    for line in drawn {
        if lines.iter().all(|other| other.order(&line).is_ne()) {
            lines.push(line);
        }
    }
    Lines::new(lines).expect("a few different lines")
}

fn product_id(product: &str) -> ProductId {
    product.parse().expect("a plain name")
}

fn store_id(store: &str) -> StoreId {
    store.parse().expect("a plain name")
}

fn quantity(units: u64) -> Quantity {
    Quantity::new(units).expect("no more is drawn than there can be")
}

fn units(units: u64) -> Units {
    Units::new(units).expect("something is drawn")
}

fn ttl(seconds: u64) -> Ttl {
    Ttl::new(seconds).expect("no more than a day is drawn")
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

/// The product whose version a command may demand.
fn guarded_product(command: &Command) -> Option<&ProductId> {
    match command {
        Command::Adjust(adjust) => Some(&adjust.product),
        Command::Count(count) => Some(&count.product),
        Command::SyncLevel(set) => Some(&set.product),
        Command::Hold(_)
        | Command::Commit(_)
        | Command::Release(_)
        | Command::Extend(_)
        | Command::Ship(_)
        | Command::Receive(_)
        | Command::Close(_)
        | Command::SetAlert(_)
        | Command::RemoveAlert(_) => None,
    }
}

fn demand(command: &mut Command, demanded: Guard) {
    match command {
        Command::Adjust(adjust) => adjust.guard = demanded,
        Command::Count(count) => {
            if let Basis::Now(guard) = &mut count.basis {
                *guard = demanded;
            }
        }
        Command::SyncLevel(set) => {
            if let (SyncRule::Merge(version), Guard::At(demanded)) = (&mut set.rule, demanded) {
                *version = demanded;
            }
        }
        Command::Hold(_)
        | Command::Commit(_)
        | Command::Release(_)
        | Command::Extend(_)
        | Command::Ship(_)
        | Command::Receive(_)
        | Command::Close(_)
        | Command::SetAlert(_)
        | Command::RemoveAlert(_) => {}
    }
}
