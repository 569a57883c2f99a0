//! One line of a table.

use inventory_core::machine::{Level, Request, WindowLimits};
use inventory_core::vocabulary::{Timestamp, Version};

use super::command::command;
use super::number::{moment, quantity, version};

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
                limits: WindowLimits::default()
                    .with_age_ms(moment(age).millis())
                    .with_keys_max(keys.parse().unwrap()),
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
    /// What is asked; `None` when somebody only looks at the clock.
    pub(super) fn request(&self) -> Option<Request> {
        if self.asks == "nothing" {
            return None;
        }
        let (asks, scope) = match self.asks.split_once(" within ") {
            Some((asks, scope)) => (asks, Some(scope)),
            None => (self.asks, None),
        };
        let request = keyed(asks);
        Some(match scope {
            Some(scope) => request.within(
                scope
                    .split('+')
                    .map(|id| id.trim().parse().unwrap())
                    .collect(),
            ),
            None => request,
        })
    }
}

/// What is asked, and under which key.
fn keyed(asks: &str) -> Request {
    let (lines, key) = match asks.split_once(" key ") {
        Some((lines, key)) => (lines, Some(key.trim())),
        None => (asks, None),
    };
    let commands = lines.split(" & ").map(command).collect();
    let Some(key) = key else {
        return Request::unkeyed(commands).unwrap();
    };
    let (key, caller) = match key.split_once(" of ") {
        Some((key, caller)) => (key, Some(caller.parse().unwrap())),
        None => (key, None),
    };
    let request = Request::new(key.parse().unwrap(), commands).unwrap();
    match caller {
        Some(caller) => request.by(caller),
        None => request,
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
