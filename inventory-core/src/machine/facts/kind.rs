//! Of what kind an event is, and what it says beside the change of a level: the one place where that is listed.

mod table;

use serde::Deserialize;

use super::detail::{DetailForm, DetailType, DetailValue};
use super::settlement::Settlement;
use crate::vocabulary::{Digest, Fields, Quantity, ReservationId, StoreId, Timestamp, TransferId};

table::events! {
    details {
        /// The reservation that the event belongs to.
        reservation: ReservationId = "reservation",
        /// The transfer that the event belongs to.
        transfer: TransferId = "transfer",
        /// The store that the transfer goes to.
        destination: StoreId = "destination",
        /// What has become of what is missing: returned or lost.
        settlement: Settlement = "settlement",
        /// Until when the reservation holds.
        deadline: Timestamp = "deadline",
        /// What of the product is still on the way.
        in_transit: Quantity = "inTransit",
        /// What is missing.
        missing: Quantity = "missing",
        /// This much available, or less, is low.
        low: Quantity = "low",
        /// This much available, or more, is no longer low.
        replenished: Quantity = "replenished",
    }

    kinds {
        /// An adjustment added stock.
        Increased = "StockIncreased",
        /// An adjustment took stock.
        Decreased = "StockDecreased",
        /// Somebody counted a stock.
        Counted = "StockCounted",
        /// Units were set aside for a reservation.
        Held = "StockHeld" { reservation, deadline },
        /// Units of a reservation left the store; those of the line that did not were set free.
        Committed = "HoldCommitted" { reservation },
        /// Units of a reservation were set free.
        Released = "HoldReleased" { reservation },
        /// A reservation has ended, since its deadline has passed. Its units are free already: see [`MovementKind::Lapsed`].
        Expired = "HoldExpired" { reservation },
        /// The deadline of a reservation was moved.
        Extended = "HoldExtended" { reservation, deadline },
        /// Units left the store for another one.
        Shipped = "StockShipped" { transfer, destination },
        /// Units of a transfer have arrived.
        Received = "StockReceived" { transfer, in_transit },
        /// What of a transfer's product was on the way is so no more.
        Closed = "TransferClosed" { transfer, settlement, missing },
        /// Somebody wants to be told about a level.
        AlertSet = "AlertSet" { low, replenished },
        /// Nobody wants to be told about a level any more.
        AlertRemoved = "AlertRemoved",
        /// What is available at a level has become little.
        Low = "StockLow" { low },
        /// What is available at a level is enough again.
        Replenished = "StockReplenished" { replenished },
        /// All units of a level were set free that reservations held whose deadlines are before the time of the entry. Those
        /// end later, one by one.
        Lapsed = "HoldsLapsed",
        /// A request was answered that left everything as it was. It stands for the request, so that its key is remembered.
        Unchanged = "StockUnchanged",
    }
}

impl MovementKind {
    /// The name of the type in the log and on the wire.
    #[inline]
    pub fn type_name(&self) -> &'static str {
        Self::TYPE_NAMES[usize::from(self.place())]
    }

    /// Whether an event of this kind says something beside its change of a level.
    #[inline]
    pub fn has_details(&self) -> bool {
        !Self::DETAILS[usize::from(self.place())].is_empty()
    }

    /// The kind with a type name that says what `value` gives for each of its details, in their order; `None` when there is
    /// no type of that name, or when a value is not there or not one that the detail can have.
    pub fn read<'a>(
        type_name: &str,
        mut value: impl FnMut(Detail) -> Option<DetailValue<'a>>,
    ) -> Option<Self> {
        let mut types = Self::TYPE_NAMES.iter().zip(Self::DETAILS);
        let (_, says) = types.find(|(name, _)| **name == type_name)?;
        let mut details = Details::default();
        for &detail in *says {
            details.set(detail, value(detail)?)?;
        }
        Self::from_parts(type_name, details)
    }

    /// Digests what the kind says beside its name.
    pub(super) fn digest(&self, digest: &mut Digest) {
        self.each_detail(|_, value| match value {
            DetailValue::Text(text) => digest.bytes(text.as_bytes()),
            DetailValue::Time(time) => digest.number(time.millis()),
            DetailValue::Units(units) => digest.number(units.units()),
        });
    }
}
