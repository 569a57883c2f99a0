//! Of what kind an event is, and what it says beside the change of a level.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::vocabulary::{Digest, Fields, Quantity, ReservationId, StoreId, Timestamp, TransferId};

/// How a transfer that did not arrive as a whole was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Settlement {
    /// What is missing came back to the store that shipped it.
    Returned,
    /// What is missing is gone.
    Lost,
}

impl Settlement {
    /// The name in logs and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Returned => "returned",
            Self::Lost => "lost",
        }
    }
}

impl fmt::Display for Settlement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text is not the name of a settlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be returned or lost")]
pub struct InvalidSettlement;

impl FromStr for Settlement {
    type Err = InvalidSettlement;

    fn from_str(text: &str) -> Result<Self, InvalidSettlement> {
        match text {
            "returned" => Ok(Self::Returned),
            "lost" => Ok(Self::Lost),
            _ => Err(InvalidSettlement),
        }
    }
}

/// Of what kind an event is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An adjustment added stock.
    Increased,
    /// An adjustment took stock.
    Decreased,
    /// Somebody counted a stock.
    Counted,
    /// Units were set aside for a reservation.
    Held {
        /// The reservation.
        reservation: ReservationId,
        /// The last moment at which they are held.
        deadline: Timestamp,
    },
    /// Units of a reservation left the store; those of the line that did not were set free.
    Committed {
        /// The reservation.
        reservation: ReservationId,
    },
    /// Units of a reservation were set free.
    Released {
        /// The reservation.
        reservation: ReservationId,
    },
    /// A reservation has ended, since its deadline has passed. Its units are free already: see [`Kind::Lapsed`].
    Expired {
        /// The reservation.
        reservation: ReservationId,
    },
    /// All units of a level were set free that reservations held whose deadlines are before the time of the entry. Those end
    /// later, one by one.
    Lapsed,
    /// The deadline of a reservation was moved.
    Extended {
        /// The reservation.
        reservation: ReservationId,
        /// The last moment at which its units are held.
        deadline: Timestamp,
    },
    /// Units left the store for another one.
    Shipped {
        /// The transfer.
        transfer: TransferId,
        /// The store that they are on the way to.
        destination: StoreId,
    },
    /// Units of a transfer have arrived.
    Received {
        /// The transfer.
        transfer: TransferId,
        /// What of the product is still on the way.
        in_transit: Quantity,
    },
    /// What of a transfer's product was on the way is so no more.
    Closed {
        /// The transfer.
        transfer: TransferId,
        /// What has become of it.
        settlement: Settlement,
        /// How much it was.
        missing: Quantity,
    },
    /// Somebody wants to be told about a level.
    AlertSet {
        /// From this much available on, or less, it is low.
        low: Quantity,
        /// From this much available on, or more, it is no longer low.
        replenished: Quantity,
    },
    /// Nobody wants to be told about a level any more.
    AlertRemoved,
    /// What is available at a level has become little.
    Low {
        /// How little is little.
        low: Quantity,
    },
    /// What is available at a level is enough again.
    Replenished {
        /// How much is enough.
        replenished: Quantity,
    },
    /// A request was answered that left everything as it was. It stands for the request, so that its key is remembered.
    Unchanged,
}

/// What an event says beside its change of a level: the fields of all kinds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Details {
    /// The reservation.
    pub reservation: Option<ReservationId>,
    /// Until when it holds.
    pub deadline: Option<Timestamp>,
    /// The transfer.
    pub transfer: Option<TransferId>,
    /// The store that it goes to.
    pub destination: Option<StoreId>,
    /// What is still on the way.
    pub in_transit: Option<Quantity>,
    /// What has become of what is missing.
    pub settlement: Option<Settlement>,
    /// What is missing.
    pub missing: Option<Quantity>,
    /// How little is little.
    pub low: Option<Quantity>,
    /// How much is enough.
    pub replenished: Option<Quantity>,
}

impl Kind {
    /// The name of the type in the log and on the wire.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Increased => "StockIncreased",
            Self::Decreased => "StockDecreased",
            Self::Counted => "StockCounted",
            Self::Held { .. } => "StockHeld",
            Self::Committed { .. } => "HoldCommitted",
            Self::Released { .. } => "HoldReleased",
            Self::Expired { .. } => "HoldExpired",
            Self::Lapsed => "HoldsLapsed",
            Self::Extended { .. } => "HoldExtended",
            Self::Shipped { .. } => "StockShipped",
            Self::Received { .. } => "StockReceived",
            Self::Closed { .. } => "TransferClosed",
            Self::AlertSet { .. } => "AlertSet",
            Self::AlertRemoved => "AlertRemoved",
            Self::Low { .. } => "StockLow",
            Self::Replenished { .. } => "StockReplenished",
            Self::Unchanged => "StockUnchanged",
        }
    }

    /// The names of all types of events that can be applied, in an order that never changes.
    pub const TYPE_NAMES: [&str; 17] = [
        "StockIncreased",
        "StockDecreased",
        "StockCounted",
        "StockHeld",
        "HoldCommitted",
        "HoldReleased",
        "HoldExpired",
        "HoldExtended",
        "StockShipped",
        "StockReceived",
        "TransferClosed",
        "AlertSet",
        "AlertRemoved",
        "StockLow",
        "StockReplenished",
        "HoldsLapsed",
        "StockUnchanged",
    ];

    /// Whether an event of this kind says something beside its change of a level.
    pub fn has_details(&self) -> bool {
        !matches!(
            self,
            Self::Increased
                | Self::Decreased
                | Self::Counted
                | Self::Lapsed
                | Self::AlertRemoved
                | Self::Unchanged
        )
    }

    /// What an event of this kind says beside its change of a level.
    pub fn details(&self) -> Details {
        let mut details = Details::default();
        match self.clone() {
            Self::Increased
            | Self::Decreased
            | Self::Counted
            | Self::Lapsed
            | Self::AlertRemoved
            | Self::Unchanged => {}
            Self::Held {
                reservation,
                deadline,
            }
            | Self::Extended {
                reservation,
                deadline,
            } => {
                details.reservation = Some(reservation);
                details.deadline = Some(deadline);
            }
            Self::Committed { reservation }
            | Self::Released { reservation }
            | Self::Expired { reservation } => details.reservation = Some(reservation),
            Self::Shipped {
                transfer,
                destination,
            } => {
                details.transfer = Some(transfer);
                details.destination = Some(destination);
            }
            Self::Received {
                transfer,
                in_transit,
            } => {
                details.transfer = Some(transfer);
                details.in_transit = Some(in_transit);
            }
            Self::Closed {
                transfer,
                settlement,
                missing,
            } => {
                details.transfer = Some(transfer);
                details.settlement = Some(settlement);
                details.missing = Some(missing);
            }
            Self::AlertSet { low, replenished } => {
                details.low = Some(low);
                details.replenished = Some(replenished);
            }
            Self::Low { low } => details.low = Some(low),
            Self::Replenished { replenished } => details.replenished = Some(replenished),
        }
        details
    }

    /// The kind with a type name; `None` when there is none of that name, when it needs a detail that is missing, or has
    /// no place for one that is there.
    pub fn from_parts(type_name: &str, details: Details) -> Option<Self> {
        let given = details.clone();
        let kind = match type_name {
            "StockIncreased" => Self::Increased,
            "StockDecreased" => Self::Decreased,
            "StockCounted" => Self::Counted,
            "StockHeld" => Self::Held {
                reservation: details.reservation?,
                deadline: details.deadline?,
            },
            "HoldCommitted" => Self::Committed {
                reservation: details.reservation?,
            },
            "HoldReleased" => Self::Released {
                reservation: details.reservation?,
            },
            "HoldExpired" => Self::Expired {
                reservation: details.reservation?,
            },
            "HoldsLapsed" => Self::Lapsed,
            "HoldExtended" => Self::Extended {
                reservation: details.reservation?,
                deadline: details.deadline?,
            },
            "StockShipped" => Self::Shipped {
                transfer: details.transfer?,
                destination: details.destination?,
            },
            "StockReceived" => Self::Received {
                transfer: details.transfer?,
                in_transit: details.in_transit?,
            },
            "TransferClosed" => Self::Closed {
                transfer: details.transfer?,
                settlement: details.settlement?,
                missing: details.missing?,
            },
            "AlertSet" => Self::AlertSet {
                low: details.low?,
                replenished: details.replenished?,
            },
            "AlertRemoved" => Self::AlertRemoved,
            "StockLow" => Self::Low { low: details.low? },
            "StockReplenished" => Self::Replenished {
                replenished: details.replenished?,
            },
            "StockUnchanged" => Self::Unchanged,
            _ => return None,
        };
        (kind.details() == given).then_some(kind)
    }

    /// Digests what the kind says beside its name.
    pub(super) fn digest(&self, digest: &mut Digest) {
        match self {
            Self::Increased
            | Self::Decreased
            | Self::Counted
            | Self::Lapsed
            | Self::AlertRemoved
            | Self::Unchanged => {}
            Self::Held {
                reservation,
                deadline,
            }
            | Self::Extended {
                reservation,
                deadline,
            } => {
                digest.bytes(reservation.as_str().as_bytes());
                digest.number(deadline.millis());
            }
            Self::Committed { reservation }
            | Self::Released { reservation }
            | Self::Expired { reservation } => digest.bytes(reservation.as_str().as_bytes()),
            Self::Shipped {
                transfer,
                destination,
            } => {
                digest.bytes(transfer.as_str().as_bytes());
                digest.bytes(destination.as_str().as_bytes());
            }
            Self::Received {
                transfer,
                in_transit,
            } => {
                digest.bytes(transfer.as_str().as_bytes());
                digest.number(in_transit.units());
            }
            Self::Closed {
                transfer,
                settlement,
                missing,
            } => {
                digest.bytes(transfer.as_str().as_bytes());
                digest.bytes(settlement.name().as_bytes());
                digest.number(missing.units());
            }
            Self::AlertSet { low, replenished } => {
                digest.number(low.units());
                digest.number(replenished.units());
            }
            Self::Low { low } => digest.number(low.units()),
            Self::Replenished { replenished } => digest.number(replenished.units()),
        }
    }
}
