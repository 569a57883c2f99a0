//! Commands from plain texts and numbers, with one error for all of them. What they leave out is what most callers mean; the rest is
//! a field away: `Adjust { guard: Guard::At(version), ..Adjust::new("tea", "north", -1)? }`.

use super::{
    Adjust, Basis, Close, Commit, Count, Extend, Guard, Hold, InvalidRequest, InvalidThresholds,
    Receive, Release, RemoveAlert, SetAlert, Settlement, Ship, SyncLevel, SyncRule, Thresholds,
};
use crate::vocabulary::{Adjustment, InvalidId, InvalidKey, OutOfRange, Quantity, Ttl, Units};

/// Why plain texts and numbers are no command or request: what a program needs that reads them from somewhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidInput {
    /// A text is no id.
    #[error(transparent)]
    Id(#[from] InvalidId),
    /// A text is no idempotency key.
    #[error(transparent)]
    Key(#[from] InvalidKey),
    /// A number is out of its range.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// The thresholds of an alert contradict each other.
    #[error(transparent)]
    Thresholds(#[from] InvalidThresholds),
    /// The commands are no request.
    #[error(transparent)]
    Request(#[from] InvalidRequest),
}

impl Adjust {
    /// A change by so many units, at whatever version the product is.
    ///
    /// # Errors
    ///
    /// A text is no id, or the number is zero or out of range.
    pub fn new(product: &str, store: &str, delta: i64) -> Result<Self, InvalidInput> {
        Ok(Self {
            product: product.parse()?,
            store: store.parse()?,
            delta: Adjustment::new(delta)?,
            guard: Guard::Unguarded,
        })
    }
}

impl Count {
    /// What somebody has counted just now, at whatever version the product is. It is refused below what is reserved.
    ///
    /// # Errors
    ///
    /// A text is no id, or the number is out of range.
    pub fn new(product: &str, store: &str, counted: u64) -> Result<Self, InvalidInput> {
        Ok(Self {
            product: product.parse()?,
            store: store.parse()?,
            counted: Quantity::new(counted)?,
            basis: Basis::Now(Guard::Unguarded),
            release_holds: false,
        })
    }
}

impl SyncLevel {
    /// A row of a synchronisation that counts whatever the version is.
    ///
    /// # Errors
    ///
    /// A text is no id, or the number is out of range.
    pub fn new(product: &str, store: &str, on_hand: u64) -> Result<Self, InvalidInput> {
        Ok(Self {
            product: product.parse()?,
            store: store.parse()?,
            on_hand: Quantity::new(on_hand)?,
            rule: SyncRule::Overwrite,
        })
    }
}

impl Hold {
    /// So many units for a reservation, for so many seconds from now on.
    ///
    /// # Errors
    ///
    /// A text is no id, or a number is out of range.
    pub fn new(
        reservation: &str,
        product: &str,
        store: &str,
        quantity: u64,
        ttl_seconds: u64,
    ) -> Result<Self, InvalidInput> {
        Ok(Self {
            reservation: reservation.parse()?,
            product: product.parse()?,
            store: store.parse()?,
            quantity: Units::new(quantity)?,
            ttl: Ttl::new(ttl_seconds)?,
        })
    }
}

impl Commit {
    /// All that a reservation holds.
    ///
    /// # Errors
    ///
    /// The text is no id.
    pub fn all(reservation: &str) -> Result<Self, InvalidInput> {
        Ok(Self {
            reservation: reservation.parse()?,
            lines: None,
        })
    }
}

impl Release {
    /// All that a reservation holds.
    ///
    /// # Errors
    ///
    /// The text is no id.
    pub fn new(reservation: &str) -> Result<Self, InvalidInput> {
        Ok(Self {
            reservation: reservation.parse()?,
        })
    }
}

impl Extend {
    /// So many seconds from now on.
    ///
    /// # Errors
    ///
    /// The text is no id, or the number is out of range.
    pub fn new(reservation: &str, ttl_seconds: u64) -> Result<Self, InvalidInput> {
        Ok(Self {
            reservation: reservation.parse()?,
            ttl: Ttl::new(ttl_seconds)?,
        })
    }
}

impl Ship {
    /// So many units from one store to another.
    ///
    /// # Errors
    ///
    /// A text is no id, or the number is out of range.
    pub fn new(
        transfer: &str,
        source: &str,
        destination: &str,
        product: &str,
        quantity: u64,
    ) -> Result<Self, InvalidInput> {
        Ok(Self {
            transfer: transfer.parse()?,
            source: source.parse()?,
            destination: destination.parse()?,
            product: product.parse()?,
            quantity: Units::new(quantity)?,
        })
    }
}

impl Receive {
    /// All that is still on the way.
    ///
    /// # Errors
    ///
    /// The text is no id.
    pub fn all(transfer: &str) -> Result<Self, InvalidInput> {
        Ok(Self {
            transfer: transfer.parse()?,
            lines: None,
        })
    }
}

impl Close {
    /// What has become of all that has not arrived.
    ///
    /// # Errors
    ///
    /// The text is no id.
    pub fn new(transfer: &str, settlement: Settlement) -> Result<Self, InvalidInput> {
        Ok(Self {
            transfer: transfer.parse()?,
            settlement,
        })
    }
}

impl SetAlert {
    /// Low from `low` available on down, no longer low from `replenished` on up.
    ///
    /// # Errors
    ///
    /// A text is no id, a number is out of range, or `replenished` is not more than `low`.
    pub fn new(
        product: &str,
        store: &str,
        low: u64,
        replenished: u64,
    ) -> Result<Self, InvalidInput> {
        Ok(Self {
            product: product.parse()?,
            store: store.parse()?,
            thresholds: Thresholds::new(Quantity::new(low)?, Quantity::new(replenished)?)?,
        })
    }
}

impl RemoveAlert {
    /// The alert of a level.
    ///
    /// # Errors
    ///
    /// A text is no id.
    pub fn new(product: &str, store: &str) -> Result<Self, InvalidInput> {
        Ok(Self {
            product: product.parse()?,
            store: store.parse()?,
        })
    }
}
