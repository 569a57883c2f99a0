//! Simulated commands: every command, about few levels, so that customers get in each other's way.

use inventory_core::machine::{
    Adjust, Basis, Close, Command, Commit, CommitLine, Count, Extend, Guard, Hold, Lines, Receive,
    ReceiveLine, Release, RemoveAlert, SetAlert, Settlement, Ship, SyncLevel, SyncRule, Thresholds,
};
use inventory_core::vocabulary::{
    Adjustment, ProductId, Quantity, ReservationId, StoreId, TransferId, Ttl, Units, Version,
};

use super::{Choices, Witness};

/// One name is long, so that records start and end anywhere in a sector.
const PRODUCTS: [&str; 3] = [
    "tea",
    "rice",
    "a soup whose name is long enough to move every record that follows it",
];
const STORES: [&str; 2] = ["north", "south"];

/// Reservations that are open while another one is made. Few enough that all of them expire with one group, whatever
/// else the group does: the model knows no backlog.
const OPEN_MAX: usize = 8;

/// Lines of one family, as most requests have.
pub(super) fn family(choices: &mut Choices, witness: &Witness, number: u64) -> Vec<Command> {
    match choices.below(16) {
        0..=8 => stock(choices, witness),
        9 | 10 => hold(choices, witness, number),
        11 | 12 => vec![ending(choices, witness)],
        13 => ship(choices, number),
        14 => vec![arriving(choices, witness)],
        _ => vec![alert(choices)],
    }
}

/// Some hundred lines, or some thousand: each level is given more and less in turn.
pub(super) fn many(choices: &mut Choices) -> Vec<Command> {
    let count = choices.of(&[300, 400, 700, 1_000, 3_000, 10_000]);
    let (product, store) = (product(choices), store(choices));
    let line = |at| {
        let delta = if at % 2 == 0 { 2 } else { -1 };
        Command::Adjust(Adjust {
            product: product.clone(),
            store: store.clone(),
            delta: Adjustment::new(delta).expect("it is not zero"),
            guard: Guard::Unguarded,
        })
    };
    (0..count).map(line).collect()
}

fn stock(choices: &mut Choices, witness: &Witness) -> Vec<Command> {
    let count = choices.of(&[1, 1, 1, 2, 3, 4]);
    (0..count).map(|_| stock_line(choices, witness)).collect()
}

fn stock_line(choices: &mut Choices, witness: &Witness) -> Command {
    let (product, store) = (product(choices), store(choices));
    let guard = guard(choices, witness.version(&product));
    let operation = choices.below(9);
    if operation == 8 {
        let rule = match choices.below(3) {
            0 => SyncRule::Merge(witness.version(&product)),
            1 => SyncRule::Merge(Version::NEVER_WRITTEN),
            _ => SyncRule::Overwrite,
        };
        let on_hand = quantity(choices.below(6));
        return Command::SyncLevel(SyncLevel {
            product,
            store,
            on_hand,
            rule,
        });
    }
    if operation == 0 {
        let counted = quantity(choices.below(20));
        return Command::Count(Count {
            product,
            store,
            counted,
            basis: Basis::Now(guard),
            release_holds: counted.units() < 5,
        });
    }
    let units = 1 + choices.below(9) as i64;
    let units = match operation {
        1..=4 => units,
        5 | 6 => -units,
        // Hardly ever that much is there.
        _ => -100,
    };
    let delta = Adjustment::new(units).expect("a few units, not zero");
    Command::Adjust(Adjust {
        product,
        store,
        delta,
        guard,
    })
}

/// One or two lines of a reservation; the end of one, when enough are open.
fn hold(choices: &mut Choices, witness: &Witness, number: u64) -> Vec<Command> {
    if witness.model.open_reservations().count() >= OPEN_MAX {
        return vec![ending(choices, witness)];
    }
    let reservation = reservation_of(choices.once_in(4), number);
    let ttl = ttl(choices);
    let lines = 0..choices.of(&[1, 1, 2]);
    lines
        .map(|_| {
            Command::Hold(Hold {
                reservation: reservation.clone(),
                product: product(choices),
                store: store(choices),
                quantity: units(1 + choices.below(3)),
                ttl,
            })
        })
        .collect()
}

fn ending(choices: &mut Choices, witness: &Witness) -> Command {
    let open: Vec<_> = witness.model.open_reservations().cloned().collect();
    let reservation = match open.is_empty() {
        true => reservation_of(true, 0),
        false => open[choices.below(open.len() as u64) as usize].clone(),
    };
    match choices.below(6) {
        0 | 1 => {
            let lines = None;
            Commit { reservation, lines }.into()
        }
        2 | 3 => {
            let line = CommitLine {
                product: product(choices),
                store: store(choices),
                quantity: units(1),
            };
            let lines = Lines::new(vec![line]).ok();
            Commit { reservation, lines }.into()
        }
        4 => Release { reservation }.into(),
        _ => {
            let ttl = ttl(choices);
            Extend { reservation, ttl }.into()
        }
    }
}

fn ship(choices: &mut Choices, number: u64) -> Vec<Command> {
    let transfer = transfer_of(choices.once_in(2), number);
    let source = choices.below(2) as usize;
    let lines = 0..choices.of(&[1, 1, 2]);
    lines
        .map(|_| {
            Command::Ship(Ship {
                transfer: transfer.clone(),
                source: store_id(STORES[source]),
                destination: store_id(STORES[1 - source]),
                product: product(choices),
                quantity: units(1 + choices.below(3)),
            })
        })
        .collect()
}

fn arriving(choices: &mut Choices, witness: &Witness) -> Command {
    let open: Vec<_> = witness.model.open_transfers().cloned().collect();
    let transfer = match open.is_empty() {
        true => transfer_of(true, 0),
        false => open[choices.below(open.len() as u64) as usize].clone(),
    };
    match choices.below(5) {
        0 => {
            let lines = None;
            Receive { transfer, lines }.into()
        }
        1 | 2 => {
            let line = ReceiveLine {
                product: product(choices),
                quantity: units(1),
            };
            let lines = Lines::new(vec![line]).ok();
            Receive { transfer, lines }.into()
        }
        lost => {
            let settlement = match lost {
                3 => Settlement::Lost,
                _ => Settlement::Returned,
            };
            Close {
                transfer,
                settlement,
            }
            .into()
        }
    }
}

fn alert(choices: &mut Choices) -> Command {
    let (product, store) = (product(choices), store(choices));
    if choices.once_in(4) {
        return RemoveAlert { product, store }.into();
    }
    let low = choices.below(6);
    let thresholds = Thresholds::new(quantity(low), quantity(low + 2));
    SetAlert {
        product,
        store,
        thresholds: thresholds.expect("two more are more"),
    }
    .into()
}

/// A new reservation, or one of those that are asked for again and again.
fn reservation_of(known: bool, number: u64) -> ReservationId {
    let name = match known {
        true => "reservation".to_owned(),
        false => format!("reservation-{number}"),
    };
    name.parse().expect("the name is plain text")
}

fn transfer_of(known: bool, number: u64) -> TransferId {
    let name = match known {
        true => "transfer".to_owned(),
        false => format!("transfer-{number}"),
    };
    name.parse().expect("the name is plain text")
}

/// Guards that hold, that hold once others of the group are applied, and that do not hold.
fn guard(choices: &mut Choices, current: Version) -> Guard {
    let at = |number| Version::new(number).map_or(Guard::Unguarded, Guard::At);
    match choices.below(8) {
        0 => Guard::At(current),
        1 => at(current.number() + 1),
        2 => at(current.number().saturating_sub(1)),
        _ => Guard::Unguarded,
    }
}

fn product(choices: &mut Choices) -> ProductId {
    let name = choices.of(&PRODUCTS);
    name.parse().expect("the name is plain text")
}

fn store(choices: &mut Choices) -> StoreId {
    store_id(choices.of(&STORES))
}

fn store_id(name: &str) -> StoreId {
    name.parse().expect("the name is plain text")
}

/// Some pass between two groups, others with many, and some never.
fn ttl(choices: &mut Choices) -> Ttl {
    Ttl::new(choices.of(&[1, 1, 20, 60, 86_400])).expect("no more than a day")
}

fn units(units: u64) -> Units {
    Units::new(units).expect("a few units, not zero")
}

fn quantity(units: u64) -> Quantity {
    Quantity::new(units).expect("a few units")
}
