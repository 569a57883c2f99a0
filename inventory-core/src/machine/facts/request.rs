//! What callers ask for: one or more commands under one key.

use std::sync::Arc;

use crate::machine::{Annotations, Command, Intent};
use crate::vocabulary::{Caller, Digest, Epoch, Fields, Fingerprint, IdempotencyKey, StoreId};

/// Most lines of one request, and most changes of levels that it may lead to: what one atomic write may hold the log and the
/// ledger for.
pub const REQUEST_LINES_MAX: usize = 10_000;

/// What a line takes in memory, roughly: its command, and the event that is made of it, with names of usual length.
const LINE_BYTES: usize = 512;

/// Why a list of commands is not a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
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
    /// The stores where it may change anything; `None`: all.
    scope: Option<Arc<[StoreId]>>,
    /// The history that its versions and offsets are of; `None`: whatever there is.
    history: Option<Epoch>,
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
        request.intent = Some(Intent {
            caller: None,
            key,
            fingerprint,
        });
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
                scope: None,
                history: None,
                lines: commands.iter().map(Command::lines).sum(),
                commands,
            }),
            lines => Err(InvalidRequest::TooManyLines { lines }),
        }
    }

    /// The request with its key in the name space of a caller: another caller's key of the same text is another key. It says
    /// nothing of a request without a key.
    #[must_use]
    pub fn by(mut self, caller: Caller) -> Self {
        if let Some(intent) = &mut self.intent {
            intent.caller = Some(caller);
        }
        self
    }

    /// The idempotency key, whose it is, and what the request means by it.
    pub fn intent(&self) -> Option<&Intent> {
        self.intent.as_ref()
    }

    /// The request of somebody who may write for these stores only: it is refused where it would change anything at another
    /// one, which only its decision shows when it ends what others have made. It is no part of what the request means.
    #[must_use]
    pub fn within(mut self, stores: Arc<[StoreId]>) -> Self {
        self.scope = Some(stores);
        self
    }

    /// The request of somebody who has read its versions and offsets in one history: it is refused in any other, unless its
    /// key is remembered there. It is no part of what the request means.
    #[must_use]
    pub fn in_history(mut self, epoch: Epoch) -> Self {
        self.history = Some(epoch);
        self
    }

    /// The history that its versions and offsets are of; `None`: whatever there is.
    pub fn history(&self) -> Option<Epoch> {
        self.history
    }

    /// The stores where it may change anything; `None`: all.
    pub fn scope(&self) -> Option<&[StoreId]> {
        self.scope.as_deref()
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
        let annotations = self.annotations().map_or(0, Annotations::bytes);
        self.lines * LINE_BYTES + annotations
    }

    fn fingerprint(&self) -> Fingerprint {
        let mut digest = Digest::new();
        self.encode(&mut digest);
        Fingerprint::from_bits(digest.finish())
    }

    /// What the request means: how many lines, then each. No two requests that mean different things have one encoding.
    fn encode(&self, fields: &mut impl Fields) {
        fields.number(self.commands.len() as u64);
        for command in &self.commands {
            command.fingerprint(fields);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{
        Adjust, Basis, Close, Commit, CommitLine, Count, Extend, Guard, Hold, Lines, Receive,
        ReceiveLine, Release, RemoveAlert, SetAlert, Settlement, Ship, SyncLevel, SyncRule, Then,
        Thresholds,
    };
    use crate::vocabulary::{Adjustment, Quantity, Sequence, Ttl, Units, Version};
    use proptest::collection::vec;
    use proptest::prelude::*;

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

    /// Commands of all families, about so little that their fields are often the same.
    fn alphabet() -> Vec<Command> {
        let (product, store) = ("a", "b");
        let id = || "a".parse().unwrap();
        let quantity = |units| Quantity::new(units).unwrap();
        let units = |units| Units::new(units).unwrap();
        let mut all = Vec::new();
        for number in [1, 2] {
            all.push(adjust(product, store, number, Guard::Unguarded));
            for (basis, release_holds) in [
                (Basis::Now(Guard::Unguarded), false),
                (Basis::Now(Guard::Unguarded), true),
                (since(number as u64), false),
                (since(number as u64), true),
            ] {
                all.push(Command::Count(Count {
                    product: product.parse().unwrap(),
                    store: store.parse().unwrap(),
                    counted: quantity(number as u64),
                    basis,
                    release_holds,
                }));
            }
            for rule in [SyncRule::Overwrite, SyncRule::Merge(Version::NEVER_WRITTEN)] {
                all.push(Command::SyncLevel(SyncLevel {
                    product: product.parse().unwrap(),
                    store: store.parse().unwrap(),
                    on_hand: quantity(number as u64),
                    rule,
                }));
            }
            all.push(Command::Hold(Hold {
                reservation: id(),
                product: product.parse().unwrap(),
                store: store.parse().unwrap(),
                quantity: units(1),
                ttl: Ttl::new(number as u64).unwrap(),
            }));
            let line = CommitLine {
                product: product.parse().unwrap(),
                store: store.parse().unwrap(),
                quantity: units(number as u64),
            };
            let other = CommitLine {
                store: "other".parse().unwrap(),
                ..line.clone()
            };
            for lines in [vec![line.clone()], vec![line, other]] {
                let (reservation, lines) = (id(), Some(Lines::new(lines).unwrap()));
                all.push(Commit { reservation, lines }.into());
            }
            let line = ReceiveLine {
                product: product.parse().unwrap(),
                quantity: units(number as u64),
            };
            let other = ReceiveLine {
                product: "other".parse().unwrap(),
                ..line.clone()
            };
            for lines in [vec![line.clone()], vec![line, other]] {
                let lines = Some(Lines::new(lines).unwrap());
                let transfer = "a".parse().unwrap();
                all.push(Receive { transfer, lines }.into());
            }
            let (reservation, ttl) = (id(), Ttl::new(number as u64).unwrap());
            all.push(Extend { reservation, ttl }.into());
            all.push(Command::SetAlert(SetAlert {
                product: product.parse().unwrap(),
                store: store.parse().unwrap(),
                thresholds: Thresholds::new(quantity(number as u64), quantity(3)).unwrap(),
            }));
        }
        let (reservation, lines) = (id(), None);
        all.push(Commit { reservation, lines }.into());
        all.push(Release { reservation: id() }.into());
        let (transfer, lines) = ("a".parse().unwrap(), None);
        all.push(Receive { transfer, lines }.into());
        for settlement in [Settlement::Returned, Settlement::Lost] {
            let transfer = "a".parse().unwrap();
            all.push(
                Close {
                    transfer,
                    settlement,
                }
                .into(),
            );
        }
        all.push(Command::Ship(Ship {
            transfer: "a".parse().unwrap(),
            source: store.parse().unwrap(),
            destination: product.parse().unwrap(),
            product: product.parse().unwrap(),
            quantity: units(1),
        }));
        all.push(Command::RemoveAlert(RemoveAlert {
            product: product.parse().unwrap(),
            store: store.parse().unwrap(),
        }));
        all
    }

    fn since(offset: u64) -> Basis {
        let offset = Sequence::new(offset);
        Basis::Then(Then::new(offset, offset, Quantity::ZERO))
    }

    #[test]
    fn no_two_requests_have_one_encoding() {
        let alphabet = alphabet();
        let encoding = |commands: &[Command]| {
            let mut bytes = Vec::new();
            Request::unkeyed(commands.to_vec())
                .unwrap()
                .encode(&mut bytes);
            bytes
        };
        let mut seen = std::collections::BTreeMap::new();
        let mut lists: Vec<Vec<Command>> = alphabet.iter().map(|one| vec![one.clone()]).collect();
        for first in &alphabet {
            let pairs = alphabet
                .iter()
                .map(|second| vec![first.clone(), second.clone()]);
            lists.extend(pairs);
        }
        for list in lists {
            if let Some(other) = seen.insert(encoding(&list), list.clone()) {
                panic!("{list:?} is encoded as {other:?}");
            }
        }
        // So longer lists are told apart as well: who reads one knows after each command which it was.
        for one in &alphabet {
            let mut shorter = Vec::new();
            one.fingerprint(&mut shorter);
            for other in alphabet.iter().filter(|other| *other != one) {
                let mut longer = Vec::new();
                other.fingerprint(&mut longer);
                assert!(!longer.starts_with(&shorter), "{other:?} begins as {one:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn lists_of_two_families_have_encodings_of_their_own(
            first in vec(0..64usize, 1..6),
            second in vec(0..64usize, 1..6),
        ) {
            let alphabet = alphabet();
            let list = |places: &[usize]| -> Vec<Command> {
                places.iter().map(|at| alphabet[at % alphabet.len()].clone()).collect()
            };
            let (first, second) = (list(&first), list(&second));
            let encoding = |commands: &[Command]| {
                let mut bytes = Vec::new();
                Request::unkeyed(commands.to_vec()).unwrap().encode(&mut bytes);
                bytes
            };
            prop_assert_eq!(first == second, encoding(&first) == encoding(&second));
        }
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
