//! Events: what has happened to a level, and what it has left behind.

use std::sync::Arc;

use crate::machine::MovementKind;
use crate::vocabulary::{Delta, Digest, Fields, ProductId, Quantity, StoreId, Version};

/// Stock of one product at one store.
///
/// ```text
/// 0 <= reserved <= on_hand      available = on_hand - reserved
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(
        rename_all = "camelCase",
        try_from = "crate::machine::facts::forms::LevelForm"
    )
)]
pub struct Level {
    on_hand: Quantity,
    reserved: Quantity,
}

impl Level {
    /// No stock, nothing reserved.
    pub const EMPTY: Self = Self {
        on_hand: Quantity::ZERO,
        reserved: Quantity::ZERO,
    };

    /// A level; `None` when more would be reserved than is there.
    pub fn new(on_hand: Quantity, reserved: Quantity) -> Option<Self> {
        (reserved <= on_hand).then_some(Self { on_hand, reserved })
    }

    /// Units at the store, reserved ones included.
    pub fn on_hand(self) -> Quantity {
        self.on_hand
    }

    /// Units that are promised to somebody.
    pub fn reserved(self) -> Quantity {
        self.reserved
    }

    /// Units that may still be sold.
    pub fn available(self) -> Quantity {
        self.on_hand
            .checked_sub(self.reserved)
            .expect("a level is only built with reserved <= on_hand")
    }
}

/// The state that an event leaves behind. Replay assigns it, and so can neither overflow nor depend on today's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
pub struct After {
    /// The level that the event touched.
    pub level: Level,
    /// The product's version.
    pub version: Version,
    /// What is available of the product over all stores.
    pub total: Quantity,
}

/// What happened to one level, or is to be known about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
pub struct Movement<Product = ProductId, Store = StoreId> {
    /// What it was.
    pub kind: MovementKind,
    /// The product.
    pub product: Product,
    /// The store.
    pub store: Store,
    /// Change of on-hand at the store.
    pub delta: Delta,
    /// Change of reserved at the store.
    pub reserved_delta: Delta,
    /// The state after the event.
    pub after: After,
}

/// An event that this program cannot apply. Its position in the log is taken, its product is under suspicion.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
pub struct DeadLettered<Product = ProductId> {
    /// The product, when the event named one.
    pub product: Option<Product>,
    /// The version that the event claimed for the product.
    pub version: Option<Version>,
    /// The event as it stands in the log; to subscribers, why it was buried.
    pub raw: Arc<str>,
}

/// One fact about stock.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub enum Event<Product = ProductId, Store = StoreId> {
    /// It happened to a level.
    Moved(Movement<Product, Store>),
    /// An event of an unknown type, or one that makes no sense.
    DeadLettered(DeadLettered<Product>),
}

impl Event {
    /// The name of the type in the log and on the wire.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Moved(movement) => movement.kind.type_name(),
            Self::DeadLettered(_) => "DeadLettered",
        }
    }

    /// The change, unless the event cannot be applied.
    pub fn movement(&self) -> Option<&Movement> {
        match self {
            Self::Moved(movement) => Some(movement),
            Self::DeadLettered(_) => None,
        }
    }

    /// The product, when the event names one.
    pub fn product(&self) -> Option<&ProductId> {
        match self {
            Self::Moved(movement) => Some(&movement.product),
            Self::DeadLettered(letter) => letter.product.as_ref(),
        }
    }

    /// The version that the event claims for its product.
    pub fn version(&self) -> Option<Version> {
        match self {
            Self::Moved(movement) => Some(movement.after.version),
            Self::DeadLettered(letter) => letter.version,
        }
    }

    pub(super) fn digest(&self, digest: &mut Digest) {
        digest.bytes(self.type_name().as_bytes());
        match self {
            Self::Moved(movement) => movement.digest(digest),
            Self::DeadLettered(letter) => digest.bytes(letter.raw.as_bytes()),
        }
    }
}

impl Movement {
    /// Whether the event has changed its level, or confirmed it, and so has a version of its product: the other ones only
    /// say something about a level, which is as it was.
    pub fn touches(&self) -> bool {
        let of_stock = matches!(
            self.kind,
            MovementKind::Increased | MovementKind::Decreased | MovementKind::Counted
        );
        of_stock || self.delta != Delta::ZERO || self.reserved_delta != Delta::ZERO
    }

    fn digest(&self, digest: &mut Digest) {
        digest.bytes(self.product.as_str().as_bytes());
        digest.bytes(self.store.as_str().as_bytes());
        digest.number(self.delta.units() as u64);
        digest.number(self.reserved_delta.units() as u64);
        digest.number(self.after.level.on_hand().units());
        digest.number(self.after.level.reserved().units());
        digest.number(self.after.version.number());
        digest.number(self.after.total.units());
        self.kind.digest(digest);
    }
}
