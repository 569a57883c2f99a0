//! One line of a request.

use inventory_core::machine::{
    Adjust, Basis, Close, Command, Commit, CommitLine, Count, Extend, Guard, Hold, Lines, Receive,
    ReceiveLine, Release, RemoveAlert, SetAlert, Ship, SyncLevel, SyncRule, Thresholds,
};
use inventory_core::testing::then;
use inventory_core::vocabulary::{Adjustment, ProductId, Sequence, StoreId};

use super::number::{number, quantity, ttl, units, version};

pub(super) fn command(line: &str) -> Command {
    let words: Vec<_> = line.split_whitespace().collect();
    match words[0] {
        "adjust" | "count" | "merge" | "overwrite" => stock(&words),
        "hold" | "commit" | "release" | "extend" => reservation(&words),
        "ship" | "receive" | "close" => transfer(&words),
        "alert" | "unalert" => alert(&words),
        other => panic!("no step begins with {other:?}"),
    }
}

fn stock(words: &[&str]) -> Command {
    let (product, store) = level(words[1]);
    let guard = match words[3..] {
        [at, ..] if at.starts_with('@') => Guard::At(version(at)),
        _ => Guard::Unguarded,
    };
    match words[0] {
        "adjust" => Command::Adjust(Adjust {
            product,
            store,
            delta: Adjustment::new(number(words[2])).unwrap(),
            guard,
        }),
        "count" => {
            let since = words.iter().position(|word| *word == "since");
            let basis = since.map_or(Basis::Now(guard), |at| {
                let (offset, on_hand) = words[at + 1].split_once('/').unwrap();
                then(Sequence::new(offset.parse().unwrap()), quantity(on_hand))
            });
            Command::Count(Count {
                product,
                store,
                counted: quantity(words[2]),
                basis,
                release_holds: words.contains(&"release"),
            })
        }
        _ => Command::SyncLevel(SyncLevel {
            product,
            store,
            on_hand: quantity(words[2]),
            rule: match (words[0], guard) {
                ("overwrite", _) => SyncRule::Overwrite,
                (_, Guard::At(version)) => SyncRule::Merge(version),
                (_, Guard::Unguarded) => panic!("a merge names a version in {words:?}"),
            },
        }),
    }
}

fn reservation(words: &[&str]) -> Command {
    let reservation = words[1].parse().unwrap();
    match words[0] {
        "hold" => {
            let (product, store) = level(words[3]);
            Command::Hold(Hold {
                reservation,
                product,
                store,
                quantity: units(words[4]),
                ttl: ttl(words[2]),
            })
        }
        "commit" => {
            let line = |pair: &[&str]| {
                let (product, store) = level(pair[0]);
                let quantity = units(pair[1]);
                CommitLine {
                    product,
                    store,
                    quantity,
                }
            };
            let lines: Vec<_> = words[2..].chunks(2).map(line).collect();
            Command::Commit(Commit {
                reservation,
                lines: (!lines.is_empty()).then(|| Lines::new(lines).unwrap()),
            })
        }
        "release" => Command::Release(Release { reservation }),
        _ => Command::Extend(Extend {
            reservation,
            ttl: ttl(words[2]),
        }),
    }
}

fn transfer(words: &[&str]) -> Command {
    let transfer = words[1].parse().unwrap();
    match words[0] {
        "ship" => {
            let (source, destination) = words[2].split_once('>').unwrap();
            Command::Ship(Ship {
                transfer,
                source: source.parse().unwrap(),
                destination: destination.parse().unwrap(),
                product: words[3].parse().unwrap(),
                quantity: units(words[4]),
            })
        }
        "receive" => {
            let line = |pair: &[&str]| ReceiveLine {
                product: pair[0].parse().unwrap(),
                quantity: units(pair[1]),
            };
            let lines: Vec<_> = words[2..].chunks(2).map(line).collect();
            Command::Receive(Receive {
                transfer,
                lines: (!lines.is_empty()).then(|| Lines::new(lines).unwrap()),
            })
        }
        _ => Command::Close(Close {
            transfer,
            settlement: words[2].parse().unwrap(),
        }),
    }
}

fn alert(words: &[&str]) -> Command {
    let (product, store) = level(words[1]);
    match words[0] {
        "alert" => {
            let (low, replenished) = words[2].split_once('/').unwrap();
            let thresholds = Thresholds::new(quantity(low), quantity(replenished));
            Command::SetAlert(SetAlert {
                product,
                store,
                thresholds: thresholds.unwrap(),
            })
        }
        _ => Command::RemoveAlert(RemoveAlert { product, store }),
    }
}

/// `tea@north`.
fn level(word: &str) -> (ProductId, StoreId) {
    let (product, store) = word.split_once('@').unwrap();
    (product.parse().unwrap(), store.parse().unwrap())
}
