//! One line of a table.

use inventory_core::machine::{
    Adjust, Basis, Command, Count, Guard, Level, Request, Set, SetRule, WindowLimits,
};
use inventory_core::vocabulary::{Adjustment, QUANTITY_MAX, Quantity, Timestamp, Version};

/// A request as it is written, and the answer that is expected.
pub(super) struct Asked<'a> {
    asks: &'a str,
    pub(super) answer: &'a str,
}

/// The past of a product.
pub(super) struct Given<'a> {
    pub(super) product: &'a str,
    pub(super) version: Version,
    pub(super) levels: Vec<(&'a str, Level)>,
}

pub(super) enum Step<'a> {
    Window {
        limits: WindowLimits,
    },
    Given(Given<'a>),
    Ask {
        at: Option<Timestamp>,
        also: bool,
        asked: Asked<'a>,
    },
    Poison {
        product: Option<&'a str>,
        version: Option<Version>,
    },
    Restart,
}

impl<'a> Step<'a> {
    pub(super) fn parse(line: &'a str) -> Self {
        let words: Vec<_> = line.split_whitespace().collect();
        match words[..] {
            ["window", age, keys] => Self::Window {
                limits: WindowLimits {
                    age_ms: moment(age).millis(),
                    keys_max: keys.parse().unwrap(),
                },
            },
            ["given", product, at, ref levels @ ..] => Self::Given(Given {
                product,
                version: version(at),
                levels: levels.chunks(2).map(level).collect(),
            }),
            ["poison"] => Self::Poison {
                product: None,
                version: None,
            },
            ["poison", product, ref claimed @ ..] => Self::Poison {
                product: Some(product),
                version: claimed.first().map(|claimed| version(claimed)),
            },
            ["restart"] => Self::Restart,
            _ => Self::ask(line),
        }
    }

    fn ask(line: &'a str) -> Self {
        let (asks, answer) = line.split_once("->").unwrap();
        let (mut at, mut asks) = (None, asks.trim());
        if let Some(rest) = asks.strip_prefix("at ") {
            let (time, rest) = rest.trim_start().split_once(' ').unwrap();
            (at, asks) = (Some(moment(time)), rest.trim_start());
        }
        let alone = asks.strip_prefix("also ");
        Self::Ask {
            at,
            also: alone.is_some(),
            asked: Asked {
                asks: alone.unwrap_or(asks).trim(),
                answer: answer.trim(),
            },
        }
    }
}

impl Asked<'_> {
    pub(super) fn request(&self) -> Request {
        let (lines, key) = match self.asks.split_once(" key ") {
            Some((lines, key)) => (lines, Some(key.trim())),
            None => (self.asks, None),
        };
        let commands = lines.split(" & ").map(command).collect();
        match key {
            Some(key) => Request::new(key.parse().unwrap(), commands).unwrap(),
            None => Request::unkeyed(commands).unwrap(),
        }
    }
}

impl<'a> Given<'a> {
    pub(super) fn stores(&self) -> impl Iterator<Item = &'a str> {
        self.levels.iter().map(|&(store, _)| store)
    }
}

/// `north 10/4`: on hand and reserved at a store.
fn level<'a>(words: &[&'a str]) -> (&'a str, Level) {
    let (on_hand, reserved) = words[1].split_once('/').unwrap();
    let level = Level::new(quantity(on_hand), quantity(reserved));
    (words[0], level.unwrap())
}

fn command(line: &str) -> Command {
    let words: Vec<_> = line.split_whitespace().collect();
    let (product, store) = words[1].split_once('@').unwrap();
    let (product, store) = (product.parse().unwrap(), store.parse().unwrap());
    let guard = match words[3..] {
        [] => Guard::Unguarded,
        [at] => Guard::At(version(at)),
        _ => panic!("too many words in {line:?}"),
    };
    match words[0] {
        "adjust" => Command::Adjust(Adjust {
            product,
            store,
            delta: Adjustment::new(number(words[2])).unwrap(),
            guard,
        }),
        "count" => Command::Count(Count {
            product,
            store,
            counted: quantity(words[2]),
            basis: Basis::Now(guard),
            release_holds: false,
        }),
        "merge" => Command::Set(Set {
            product,
            store,
            on_hand: quantity(words[2]),
            rule: match guard {
                Guard::At(version) => SetRule::Merge(version),
                Guard::Unguarded => panic!("a merge names a version in {line:?}"),
            },
        }),
        "overwrite" => Command::Set(Set {
            product,
            store,
            on_hand: quantity(words[2]),
            rule: SetRule::Overwrite,
        }),
        other => panic!("no step begins with {other:?}"),
    }
}

/// `3`, `+3`, `-3`, `max`, `-max`, `max-1` and other numbers below.
fn number(word: &str) -> i64 {
    let max = QUANTITY_MAX as i64;
    match word {
        "max" | "+max" => max,
        "-max" => -max,
        digits => match digits.strip_prefix("max-") {
            Some(less) => max - less.parse::<i64>().unwrap(),
            None => digits.parse().unwrap(),
        },
    }
}

fn quantity(word: &str) -> Quantity {
    Quantity::new(number(word).try_into().unwrap()).unwrap()
}

/// `v3` or `@3`.
fn version(word: &str) -> Version {
    let number = number(word.trim_start_matches(['v', '@']));
    Version::new(number.try_into().unwrap()).unwrap()
}

/// `90s` or `90ms`.
fn moment(word: &str) -> Timestamp {
    let millis: u64 = match word.strip_suffix("ms") {
        Some(millis) => millis.parse().unwrap(),
        None => word.strip_suffix('s').unwrap().parse::<u64>().unwrap() * 1_000,
    };
    Timestamp::from_millis(millis).unwrap()
}
