//! What callers ask for: one or more commands under one key.

use crate::machine::{Annotations, Command, Intent};
use crate::vocabulary::{Digest, Fingerprint, IdempotencyKey};

/// Most lines of one request, and most changes of levels that it may lead to: what one atomic write may hold the log and the
/// ledger for.
pub const REQUEST_LINES_MAX: usize = 10_000;

/// What a line takes in memory, roughly: its command, and the event that is made of it, with names of usual length.
const LINE_BYTES: usize = 512;

/// Why a list of commands is not a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequest {
    /// A request has at least one line.
    #[error("a request has at least one line")]
    Empty,
    /// A request has at most [`REQUEST_LINES_MAX`] lines.
    #[error("a request has at most {REQUEST_LINES_MAX} lines, this one has {lines}")]
    TooManyLines {
        /// Lines of the refused request.
        lines: usize,
    },
}

/// One intent: all of its lines apply, in order and at once, or none does. A line sees the effect of the lines before
/// it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    intent: Option<Intent>,
    annotations: Option<Box<Annotations>>,
    commands: Vec<Command>,
    /// Counted once, since whoever queues requests asks for it.
    lines: usize,
}

impl Request {
    /// A request that is applied once per key, however often it is sent.
    ///
    /// # Errors
    ///
    /// There are no commands, or more than [`REQUEST_LINES_MAX`].
    pub fn new(key: IdempotencyKey, commands: Vec<Command>) -> Result<Self, InvalidRequest> {
        let mut request = Self::unkeyed(commands)?;
        let fingerprint = request.fingerprint();
        request.intent = Some(Intent { key, fingerprint });
        Ok(request)
    }

    /// A request that is applied each time it is sent: sending it again after an unknown outcome may apply it twice.
    ///
    /// # Errors
    ///
    /// As for [`Request::new`].
    pub fn unkeyed(commands: Vec<Command>) -> Result<Self, InvalidRequest> {
        match commands.len() {
            0 => Err(InvalidRequest::Empty),
            1..=REQUEST_LINES_MAX => Ok(Self {
                intent: None,
                annotations: None,
                lines: commands.iter().map(Command::lines).sum(),
                commands,
            }),
            lines => Err(InvalidRequest::TooManyLines { lines }),
        }
    }

    /// The idempotency key, and what the request means by it.
    pub fn intent(&self) -> Option<&Intent> {
        self.intent.as_ref()
    }

    /// The request with what is recorded beside its events. It is no part of what the request means.
    #[must_use]
    pub fn annotated(mut self, annotations: Annotations) -> Self {
        self.annotations = (annotations != Annotations::default()).then(|| annotations.into());
        self
    }

    /// What is recorded beside the events.
    pub fn annotations(&self) -> Option<&Annotations> {
        self.annotations.as_deref()
    }

    /// The lines; at least one.
    pub fn commands(&self) -> &[Command] {
        &self.commands
    }

    /// How many lines there are, those that a command lists by itself included; at least one.
    pub fn lines(&self) -> usize {
        self.lines
    }

    /// What the request takes in memory until it is answered, as a rough estimate.
    pub fn bytes(&self) -> usize {
        let beside = self.annotations().map_or(0, Annotations::bytes);
        self.lines * LINE_BYTES + beside
    }

    fn fingerprint(&self) -> Fingerprint {
        let mut digest = Digest::new();
        for command in &self.commands {
            command.fingerprint(&mut digest);
        }
        Fingerprint::from_bits(digest.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{Adjust, Guard};
    use crate::vocabulary::{Adjustment, Version};

    fn adjust(product: &str, store: &str, delta: i64, guard: Guard) -> Command {
        Command::Adjust(Adjust {
            product: product.parse().unwrap(),
            store: store.parse().unwrap(),
            delta: Adjustment::new(delta).unwrap(),
            guard,
        })
    }

    #[test]
    fn a_fingerprint_covers_the_intent_and_not_the_guard() {
        let fingerprint = |commands| Request::unkeyed(commands).unwrap().fingerprint();
        let first = fingerprint(vec![adjust("tea", "north", -1, Guard::Unguarded)]);
        let version = Guard::At(Version::new(3).unwrap());
        assert_eq!(
            first,
            fingerprint(vec![adjust("tea", "north", -1, version)])
        );
        for other in [
            adjust("tea", "north", 1, Guard::Unguarded),
            adjust("tea", "south", -1, Guard::Unguarded),
            adjust("te", "anorth", -1, Guard::Unguarded),
        ] {
            assert_ne!(first, fingerprint(vec![other]));
        }
        let twice = vec![adjust("tea", "north", -1, Guard::Unguarded); 2];
        assert_ne!(first, fingerprint(twice));
    }

    #[test]
    fn a_request_has_one_to_the_maximum_of_lines() {
        assert_eq!(Request::unkeyed(vec![]), Err(InvalidRequest::Empty));
        let lines = REQUEST_LINES_MAX + 1;
        let many = vec![adjust("tea", "north", 1, Guard::Unguarded); lines];
        assert_eq!(
            Request::unkeyed(many),
            Err(InvalidRequest::TooManyLines { lines })
        );
    }
}
