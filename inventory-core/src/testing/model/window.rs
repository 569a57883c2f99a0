//! The keys that the model remembers: a list, searched from the front.

use super::{Number, Predicted};
use crate::machine::{
    Command, Difference, Line, Outcome, Rejection, Request, SetRule, WindowLimits,
};
use crate::vocabulary::Sequence;

/// What one line of a request means, whatever its guard says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Meaning {
    operation: &'static str,
    product: String,
    store: String,
    amount: Number,
}

impl Meaning {
    fn of(command: &Command) -> Self {
        let (operation, amount) = match command {
            Command::Adjust(adjust) => ("adjust", adjust.delta.delta().units().into()),
            Command::Count(count) => ("count", count.counted.units().into()),
            Command::Set(set) => match set.rule {
                SetRule::Merge(_) => ("merge", set.on_hand.units().into()),
                SetRule::Overwrite => ("overwrite", set.on_hand.units().into()),
            },
            _ => unreachable!("the model knows commands on stock"),
        };
        Self {
            operation,
            product: super::level(command).0.to_string(),
            store: super::level(command).1.to_string(),
            amount,
        }
    }
}

/// A key, and the request that used it.
#[derive(Debug, Clone)]
pub(super) struct Remembered {
    pub(super) key: String,
    pub(super) first: Number,
    recorded_at_ms: u64,
    lines: Vec<Meaning>,
    outcomes: Vec<Outcome>,
}

impl Remembered {
    pub(super) fn new(
        key: &str,
        first: Number,
        recorded_at_ms: u64,
        request: &Request,
        outcomes: &[Outcome],
    ) -> Self {
        Self {
            outcomes: outcomes.to_vec(),
            key: key.to_owned(),
            first,
            recorded_at_ms,
            lines: request.commands().iter().map(Meaning::of).collect(),
        }
    }

    /// The answer to a request that comes with the same key.
    pub(super) fn answer(&self, request: &Request) -> Predicted {
        let first = self.first as u64;
        match self.difference(request) {
            None => Predicted::Replayed {
                first,
                outcomes: self.outcomes.clone(),
            },
            Some(differs) => Predicted::Refused(Rejection::KeyReused {
                first: Sequence::new(first),
                differs,
            }),
        }
    }

    fn difference(&self, request: &Request) -> Option<Difference> {
        let lines: Vec<_> = request.commands().iter().map(Meaning::of).collect();
        if lines.len() != self.lines.len() {
            return Some(Difference::Lines);
        }
        for (line, (now, first)) in lines.iter().zip(&self.lines).enumerate() {
            // What a skipped line meant is not in the log, nor by which rule a level was set.
            if self
                .outcomes
                .get(line)
                .is_some_and(|outcome| outcome.is_skipped())
            {
                continue;
            }
            let sets = ["merge", "overwrite", "count"];
            let both_set = sets.contains(&now.operation) && sets.contains(&first.operation);
            let alike = both_set && !self.outcomes.is_empty();
            if now.operation != first.operation && !alike {
                return Some(Difference::Operation(Line(line)));
            }
            if now.product != first.product {
                return Some(Difference::Product(Line(line)));
            }
            if now.store != first.store {
                return Some(Difference::Store(Line(line)));
            }
            if now.amount != first.amount {
                return Some(Difference::Amount(Line(line)));
            }
        }
        (lines != self.lines).then_some(Difference::Unseen)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Window {
    limits: WindowLimits,
    remembered: Vec<Remembered>,
    /// Used in the group that is being decided.
    group: Vec<Remembered>,
    pub(super) evicted_early: u64,
}

impl Window {
    pub(super) fn new(limits: WindowLimits) -> Self {
        Self {
            limits,
            remembered: Vec::new(),
            group: Vec::new(),
            evicted_early: 0,
        }
    }

    pub(super) fn find(&self, key: &str) -> Option<&Remembered> {
        self.iter()
            .chain(&self.group)
            .find(|known| known.key == key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Remembered> {
        self.remembered.iter()
    }

    pub(super) fn remember_later(&mut self, newest: Remembered) {
        self.group.push(newest);
    }

    /// Remembers the keys of the group, one by one, and forgets after each what is too old or too many by then.
    pub(super) fn remember(&mut self) {
        for newest in std::mem::take(&mut self.group) {
            let now_ms = newest.recorded_at_ms;
            self.remembered.push(newest);
            self.remembered
                .retain(|known| now_ms - known.recorded_at_ms <= self.limits.age_ms);
            while self.remembered.len() > self.limits.keys_max {
                self.remembered.remove(0);
                self.evicted_early += 1;
            }
        }
    }
}
