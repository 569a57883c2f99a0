//! A count of one level.

use inventory_core::engine::Receipt;
use inventory_core::machine::{Basis, Command, Count as Counting, Event, MovementKind};
use inventory_core::vocabulary::{
    Delta, ProductId, Quantity, ReservationId, Sequence, StoreId, Timestamp, Version,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::error::Code;
use super::line::is_a_level;
use super::mutation::{Declared, Mutation, at, mutation};
use super::schema;

mutation! {
    /// What somebody has counted of a product at a store. Exactly one of `version` and `asOfOffset` says what it is compared
    /// with.
    pub struct Count {
        /// The store that was counted.
        pub store_id: StoreId,
        /// The product.
        pub product_id: ProductId,
        /// Units found, reserved ones included.
        pub counted: Quantity,
        /// The stock is set to what was found, when the product has this version; null: whatever it has.
        #[serde(
            default,
            deserialize_with = "schema::present_or_null",
            skip_serializing_if = "Option::is_none"
        )]
        pub version: Option<Option<Version>>,
        /// The stock is changed by what was found more or less than was there at this offset, so that sales during the count
        /// survive.
        #[serde(
            default,
            deserialize_with = "schema::not_null",
            skip_serializing_if = "Option::is_none"
        )]
        #[schemars(with = "Sequence")]
        pub as_of_offset: Option<Sequence>,
        /// When fewer were found than are reserved: release the youngest reservations of the level, each as a whole. Otherwise
        /// the count is refused.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        pub release_holds: bool,
    }
}

impl Mutation for Count {
    type Subject = ();
    type Answer = Counted;

    const CALL: Declared = Declared {
        id: "countStock",
        about: "takes over what somebody has counted of one product at one store",
        path: at!("/inventory/counts"),
        example: r#"{"storeId":"north","productId":"tea","counted":25,"version":null,"idempotencyKey":"count-1"}"#,
        is_bulk: false,
        amount: Amount::Whole("counted"),
        creates: false,
        done: "it is durable",
        refusals: &[
            Code::Conflict,
            Code::Gone,
            Code::Unprocessable,
            Code::Quarantined,
        ],
    };

    fn stores(&self) -> Vec<&StoreId> {
        vec![&self.store_id]
    }

    fn products(&self) -> Vec<&ProductId> {
        vec![&self.product_id]
    }
}

impl Count {
    /// The command that says the same, once it is known what the count is compared with.
    pub fn command(&self, basis: Basis) -> Command {
        Command::Count(Counting {
            product: self.product_id.clone(),
            store: self.store_id.clone(),
            counted: self.counted,
            basis,
            release_holds: self.release_holds,
        })
    }
}

/// What a count has led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counted {
    /// The product.
    pub product_id: ProductId,
    /// The store.
    pub store_id: StoreId,
    /// Units found, as the request said.
    pub counted: Quantity,
    /// Available over all stores.
    pub new_quantity: Quantity,
    /// The product's version.
    pub new_version: Version,
    /// Available at the store.
    pub store_quantity: Quantity,
    /// On hand at the store.
    pub on_hand: Quantity,
    /// Of these, promised to somebody.
    pub reserved: Quantity,
    /// The change of on-hand at the store.
    pub delta: Delta,
    /// The reservations that were released, the youngest first.
    #[schemars(with = "Vec<String>")]
    pub released: Vec<ReservationId>,
    /// When it was applied.
    pub last_updated: Timestamp,
}

is_a_level!(Counted);

impl Counted {
    /// What the receipt of a count says; `None` when its event was buried since. What was counted is part of the intent,
    /// and so the same in every request that gets this receipt.
    pub fn from_receipt(counted: Quantity, receipt: &Receipt) -> Option<Self> {
        let entry = &receipt.entry;
        let mut released: Vec<ReservationId> = Vec::new();
        let mut found = None;
        for movement in entry.events.iter().filter_map(Event::movement) {
            if let MovementKind::Released { reservation } = &movement.kind
                && !released.contains(reservation)
            {
                released.push(reservation.clone());
            }
            if movement.kind == MovementKind::Counted {
                found = Some(movement);
            }
        }
        let movement = found?;
        let level = movement.after.level;
        Some(Self {
            product_id: movement.product.clone(),
            store_id: movement.store.clone(),
            counted,
            new_quantity: movement.after.total,
            new_version: movement.after.version,
            store_quantity: level.available(),
            on_hand: level.on_hand(),
            reserved: level.reserved(),
            delta: movement.delta,
            released,
            last_updated: entry.recorded_at,
        })
    }
}
