//! Random choices of a simulation: where a run takes its decisions from.

use fastrand::Rng;

/// A source of decisions: a seed, which never ends, or bytes, so that a fuzzer can change one decision at a time.
#[derive(Debug, Clone)]
pub struct Choices {
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    Seed(Rng),
    /// The next byte is the last.
    Bytes(Vec<u8>),
}

impl Choices {
    /// Decisions that follow from a seed.
    pub fn from_seed(seed: u64) -> Self {
        Self {
            source: Source::Seed(Rng::with_seed(seed)),
        }
    }

    /// Decisions that are these bytes, and then the first alternative each time.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let bytes = bytes.iter().rev().copied().collect();
        Self {
            source: Source::Bytes(bytes),
        }
    }

    /// Whether there is nothing left to decide with.
    pub fn are_exhausted(&self) -> bool {
        match &self.source {
            Source::Seed(_) => false,
            Source::Bytes(bytes) => bytes.is_empty(),
        }
    }

    /// One of the numbers below `limit`, which is from 1 to 256.
    pub fn below(&mut self, limit: u64) -> u64 {
        match &mut self.source {
            Source::Seed(dice) => dice.u64(..limit),
            Source::Bytes(bytes) => u64::from(bytes.pop().unwrap_or(0)) % limit,
        }
    }

    /// Whether something happens that does so once in `times`.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) + 1 == times
    }

    /// One of several.
    pub fn of<T: Copy>(&mut self, alternatives: &[T]) -> T {
        alternatives[self.below(alternatives.len() as u64) as usize]
    }

    /// A seed for chance that nobody needs to steer.
    pub fn seed(&mut self) -> u64 {
        match &mut self.source {
            Source::Seed(dice) => dice.u64(..),
            Source::Bytes(_) => self.below(256),
        }
    }
}
