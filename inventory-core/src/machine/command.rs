//! What callers ask for.

use crate::machine::{Annotations, Intent};
use crate::vocabulary::{
    Adjustment, Digest, Fingerprint, IdempotencyKey, ProductId, Quantity, StoreId, Version,
};

/// Most lines of one request: what one atomic write may hold the log for.
pub const REQUEST_LINES_MAX: usize = 100_000;

/// What a command demands of the product's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Guard {
    /// Compare-and-swap: the product must be at this version.
    At(Version),
    /// Any version will do; floor and ceiling still hold. For hot products and for sales that have already happened.
    Unguarded,
}

/// Adds to the stock of a product at a store, or takes from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjust {
    /// The product.
    pub product: ProductId,
    /// The store whose stock changes.
    pub store: StoreId,
    /// The change of on-hand.
    pub delta: Adjustment,
    /// What the product's version must be.
    pub guard: Guard,
}

/// Sets the stock of a product at a store to what somebody counted there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The product.
    pub product: ProductId,
    /// The store that was counted.
    pub store: StoreId,
    /// Units found, reserved ones included.
    pub counted: Quantity,
    /// What the product's version must be.
    pub guard: Guard,
}

/// Sets the stock of a product at a store, where the rule lets it: a row of a synchronisation. A row that the rule does not
/// let is skipped, and the others of its request are applied all the same.
///
/// A row is skipped too when it says what is there already, or less than is reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// The product.
    pub product: ProductId,
    /// The store.
    pub store: StoreId,
    /// What is there, reserved units included.
    pub on_hand: Quantity,
    /// When it counts.
    pub rule: SetRule,
}

/// When a row of a synchronisation counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetRule {
    /// When the product was never written, or is at this version.
    Merge(Version),
    /// Always: somebody has looked.
    Overwrite,
}

/// One line of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Changes a stock by an amount.
    Adjust(Adjust),
    /// Sets a stock to an amount.
    Count(Count),
    /// Sets a stock to an amount, or is skipped.
    Set(Set),
}

impl Command {
    /// The product that the command touches.
    pub fn product(&self) -> &ProductId {
        match self {
            Self::Adjust(adjust) => &adjust.product,
            Self::Count(count) => &count.product,
            Self::Set(set) => &set.product,
        }
    }

    /// The store that the command touches.
    pub fn store(&self) -> &StoreId {
        match self {
            Self::Adjust(adjust) => &adjust.store,
            Self::Count(count) => &count.store,
            Self::Set(set) => &set.store,
        }
    }

    /// What the command demands of the product's version. A row that may be skipped demands nothing.
    pub fn guard(&self) -> Guard {
        match self {
            Self::Adjust(adjust) => adjust.guard,
            Self::Count(count) => count.guard,
            Self::Set(_) => Guard::Unguarded,
        }
    }

    fn fingerprint(&self, digest: &mut Digest) {
        let (operation, amount) = match self {
            Self::Adjust(adjust) => (1, adjust.delta.delta().units() as u64),
            Self::Count(count) => (2, count.counted.units()),
            Self::Set(set) => match set.rule {
                SetRule::Merge(_) => (3, set.on_hand.units()),
                SetRule::Overwrite => (4, set.on_hand.units()),
            },
        };
        digest.number(operation);
        digest.bytes(self.product().as_str().as_bytes());
        digest.bytes(self.store().as_str().as_bytes());
        digest.number(amount);
    }
}

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

    fn fingerprint(&self) -> Fingerprint {
        let mut digest = Digest::new();
        for command in &self.commands {
            command.fingerprint(&mut digest);
        }
        Fingerprint::from_bits(digest.finish())
    }
}

impl From<Adjust> for Command {
    fn from(adjust: Adjust) -> Self {
        Self::Adjust(adjust)
    }
}

impl From<Set> for Command {
    fn from(set: Set) -> Self {
        Self::Set(set)
    }
}

impl From<Count> for Command {
    fn from(count: Count) -> Self {
        Self::Count(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
