//! What the model remembers for a while: keys, and what has ended. Lists, searched from the front.

use super::Predicted;
use super::meaning::Meaning;
use super::number::Number;
use crate::machine::{Difference, Line, Rejection, Request, RowOutcome, WindowLimits};
use crate::vocabulary::Sequence;

/// Something that ends, and is forgotten some time later.
pub(super) trait Ends {
    fn ended_at_ms(&self) -> Option<u64>;
}

/// Forgets what has ended before others: what is too old once the last of them has, and the oldest of too many. What has
/// ended at one moment is forgotten in the order of the list.
pub(super) fn forget<T: Ends>(list: &mut Vec<T>, limits: WindowLimits) {
    let Some(newest) = list.iter().filter_map(Ends::ended_at_ms).max() else {
        return;
    };
    let is_young = |ended_at: u64| newest - ended_at <= limits.age_ms;
    list.retain(|known| known.ended_at_ms().is_none_or(is_young));
    loop {
        let ended = list.iter().enumerate();
        let ended: Vec<_> = ended
            .filter_map(|(at, known)| Some((known.ended_at_ms()?, at)))
            .collect();
        if ended.len() <= limits.keys_max {
            return;
        }
        let (_, oldest) = ended.into_iter().min().expect("there are too many");
        list.remove(oldest);
    }
}

/// A caller and a key of theirs.
pub(super) type KeyName = (Option<String>, String);

/// A key, and the request that used it.
#[derive(Debug, Clone)]
pub(super) struct Remembered {
    pub(super) key: KeyName,
    pub(super) first: Number,
    recorded_at_ms: u64,
    lines: Vec<Meaning>,
    /// What was on hand after each line.
    left: Vec<Option<Number>>,
    outcomes: Vec<RowOutcome>,
}

impl Remembered {
    pub(super) fn new(
        key: KeyName,
        first: Number,
        recorded_at_ms: u64,
        request: &Request,
        outcomes: &[RowOutcome],
        left: &[Option<Number>],
    ) -> Self {
        Self {
            lines: request.commands().iter().map(Meaning::of).collect(),
            left: left.to_vec(),
            outcomes: outcomes.to_vec(),
            key,
            first,
            recorded_at_ms,
        }
    }

    /// How many lines its request had.
    pub(super) fn lines(&self) -> usize {
        self.lines.len()
    }

    /// The answer to a request that comes with the same key.
    pub(super) fn answer(&self, request: &Request) -> Predicted {
        let first = self.first as u64;
        match self.difference(request) {
            None => Predicted::Replayed {
                first,
                outcomes: self.outcomes.clone(),
            },
            Some(_) if self.is_mixed_with(request) => Predicted::Reused { first },
            Some(differs) => Predicted::Refused(Rejection::KeyReused {
                first: Sequence::new(first),
                differs,
            }),
        }
    }

    /// Whether lines about a whole reservation or transfer stand beside others, now or then: which event was whose, and so in
    /// what they differ, is not to be told from the log.
    fn is_mixed_with(&self, request: &Request) -> bool {
        let now: Vec<_> = request.commands().iter().map(Meaning::of).collect();
        [&now, &self.lines].into_iter().any(|lines| {
            let of_whole = lines.iter().any(|line| line.level.is_none());
            let operation = lines[0].operation;
            of_whole && lines.iter().any(|line| line.operation != operation)
        })
    }

    fn difference(&self, request: &Request) -> Option<Difference> {
        let lines: Vec<_> = request.commands().iter().map(Meaning::of).collect();
        if lines == self.lines {
            return None;
        }
        // What is done to a whole reservation or transfer is compared as a whole.
        let is_of_whole = |line: &Meaning| line.level.is_none();
        if lines.iter().chain(&self.lines).any(is_of_whole) {
            return Some(match lines[0].operation == self.lines[0].operation {
                true => Difference::Subject,
                false => Difference::Operation(Line(0)),
            });
        }
        if lines.len() != self.lines.len() {
            return Some(Difference::Lines);
        }
        let pairs = lines.iter().zip(&self.lines).enumerate();
        let mut differences = pairs.filter_map(|(line, (now, first))| {
            // What a skipped line meant is not in the log.
            let outcome = self.outcomes.get(line);
            match outcome.is_some_and(|outcome| outcome.is_skipped()) {
                true => None,
                false => self.line_difference(line, now, first),
            }
        });
        Some(differences.next().unwrap_or(Difference::Unseen))
    }

    fn line_difference(&self, at: usize, now: &Meaning, first: &Meaning) -> Option<Difference> {
        let line = Line(at);
        // By which rule a level was set is not in the log either.
        let alike = now.sets() && first.sets() && !self.outcomes.is_empty();
        if now.operation != first.operation && !alike {
            return Some(Difference::Operation(line));
        }
        let (now_level, first_level) = (now.level.as_ref()?, first.level.as_ref()?);
        if now_level.0 != first_level.0 {
            return Some(Difference::Product(line));
        }
        if now_level.1 != first_level.1 {
            return Some(Difference::Store(line));
        }
        // An event shows what a level was set to, whatever it was compared with.
        let shown = match first.sets() {
            true => self.left[at],
            false => first.amount,
        };
        if now.amount.is_some() && now.amount != shown {
            return Some(Difference::Amount(line));
        }
        (now.subject != first.subject).then_some(Difference::Subject)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Window {
    pub(super) limits: WindowLimits,
    remembered: Vec<Remembered>,
    /// Used in the group that is being decided.
    group: Vec<Remembered>,
    pub(super) evicted_early: u64,
    /// When the newest key was recorded that is forgotten.
    pub(super) forgotten_until_ms: u64,
}

impl Window {
    pub(super) fn new(limits: WindowLimits) -> Self {
        Self {
            limits,
            remembered: Vec::new(),
            group: Vec::new(),
            evicted_early: 0,
            forgotten_until_ms: 0,
        }
    }

    pub(super) fn find(&self, key: &KeyName) -> Option<&Remembered> {
        self.iter()
            .chain(&self.group)
            .find(|known| known.key == *key)
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
            let age_ms = self.limits.age_ms;
            let is_old = |known: &Remembered| now_ms - known.recorded_at_ms > age_ms;
            while let Some(old) = self.remembered.iter().position(is_old) {
                self.forget(old);
            }
            while self.remembered.len() > self.limits.keys_max {
                self.forget_early(self.oldest_of_most());
            }
        }
    }

    /// Forgets a key for the bytes that it takes.
    pub(super) fn forget_early(&mut self, at: usize) {
        self.forget(at);
        self.evicted_early += 1;
    }

    fn forget(&mut self, at: usize) {
        let forgotten = self.remembered.remove(at);
        self.forgotten_until_ms = self.forgotten_until_ms.max(forgotten.recorded_at_ms);
    }

    /// The oldest key of the caller that has the most; of two that have as many, of the one that has the oldest.
    fn oldest_of_most(&self) -> usize {
        let keys_of = |known: &Remembered| {
            let all = self.remembered.iter();
            all.filter(|other| other.key.0 == known.key.0).count()
        };
        let most = self.remembered.iter().map(keys_of).max();
        let mut all = self.remembered.iter();
        all.position(|known| Some(keys_of(known)) == most)
            .expect("there are too many")
    }
}
