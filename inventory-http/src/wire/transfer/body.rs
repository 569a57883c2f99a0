//! What may be asked for about a transfer.

use inventory_core::machine::{self, Command, InvalidLines, Lines, ReceiveLine, Settlement};
use inventory_core::vocabulary::{ProductId, StoreId, TransferId, Units};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::Moved;
use crate::wire::amount::Amount;
use crate::wire::mutation::{
    Declared, Direct, Mutation, REFUSALS, REFUSALS_OF_KNOWN, at, each, mutation,
};
use crate::wire::object::{objects, some_objects};

mutation! {
    /// Sends units to another store, under a name that the caller gives: all of the lines, or none.
    pub struct Ship {
        /// The transfer, which must be a new one.
        pub transfer_id: TransferId,
        /// The store that they leave.
        pub from_store_id: StoreId,
        /// The store that they go to; another one.
        pub to_store_id: StoreId,
        /// What is sent; a product stands once.
        #[serde(deserialize_with = "objects")]
        #[schemars(length(min = 1, max = 1_000), with = "Vec<ProductUnits>")]
        pub lines: Vec<ProductUnits>,
    }
}

/// Units of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ProductUnits {
    /// The product.
    pub product_id: ProductId,
    /// How much.
    pub quantity: Units,
}

mutation! {
    /// Takes in what has arrived of a transfer.
    #[derive(Default)]
    pub struct Receive {
        /// What has arrived. Absent: everything that is on the way.
        #[serde(
            default,
            deserialize_with = "some_objects",
            skip_serializing_if = "Option::is_none"
        )]
        #[schemars(length(min = 1, max = 1_000), with = "Vec<ProductUnits>")]
        pub lines: Option<Vec<ProductUnits>>,
    }
}

mutation! {
    /// Settles what of a transfer has not arrived, and ends it.
    pub struct Close {
        /// What has become of it.
        pub outcome: Settlement,
    }
}

impl Mutation for Ship {
    type Subject = ();
    type Answer = Moved;

    const CALL: Declared = Declared {
        id: "shipTransfer",
        about: "sends units of several products to another store: all of them, or none",
        path: at!("/transfers"),
        example: r#"{"transferId":"van-1","fromStoreId":"north","toStoreId":"south","lines":[{"productId":"tea","quantity":4}],"idempotencyKey":"ship-1"}"#,
        is_bulk: true,
        amount: Amount::InLines("quantity"),
        creates: true,
        done: "they have left, and are on the way",
        refusals: REFUSALS,
    };

    fn stores(&self) -> Vec<&StoreId> {
        vec![&self.from_store_id]
    }

    fn products(&self) -> Vec<&ProductId> {
        self.lines.iter().map(|line| &line.product_id).collect()
    }
}

impl Direct for Ship {
    fn commands(self, (): ()) -> Result<Vec<Command>, InvalidLines> {
        each(self.lines, |line| {
            Command::Ship(machine::Ship {
                transfer: self.transfer_id.clone(),
                source: self.from_store_id.clone(),
                destination: self.to_store_id.clone(),
                product: line.product_id,
                quantity: line.quantity,
            })
        })
    }
}

impl Mutation for Receive {
    type Subject = TransferId;
    type Answer = Moved;

    const CALL: Declared = Declared {
        id: "receiveTransfer",
        about: "takes in what has arrived of a transfer, a part of it or all",
        path: at!("/transfers/{transferId}/receive"),
        example: r#"{"lines":[{"productId":"tea","quantity":3}],"idempotencyKey":"receive-1"}"#,
        is_bulk: true,
        amount: Amount::InLines("quantity"),
        creates: false,
        done: "it is in stock",
        refusals: REFUSALS_OF_KNOWN,
    };

    fn stores(&self) -> Vec<&StoreId> {
        Vec::new()
    }

    /// What it takes in relies on no stock.
    fn products(&self) -> Vec<&ProductId> {
        Vec::new()
    }
}

impl Direct for Receive {
    fn commands(self, transfer: TransferId) -> Result<Vec<Command>, InvalidLines> {
        let line = |line: ProductUnits| ReceiveLine {
            product: line.product_id,
            quantity: line.quantity,
        };
        let lines = self.lines;
        let lines = lines.map(|lines| Lines::new(lines.into_iter().map(line).collect()));
        let lines = lines.transpose()?;
        Ok(vec![Command::Receive(machine::Receive { transfer, lines })])
    }
}

impl Mutation for Close {
    type Subject = TransferId;
    type Answer = Moved;

    const CALL: Declared = Declared {
        id: "closeTransfer",
        about: "settles what of a transfer has not arrived, and ends it",
        path: at!("/transfers/{transferId}/close"),
        example: r#"{"outcome":"lost","idempotencyKey":"close-1"}"#,
        is_bulk: false,
        amount: Amount::InLines("quantity"),
        creates: false,
        done: "it is settled",
        refusals: REFUSALS_OF_KNOWN,
    };

    fn stores(&self) -> Vec<&StoreId> {
        Vec::new()
    }

    fn products(&self) -> Vec<&ProductId> {
        Vec::new()
    }
}

impl Direct for Close {
    fn commands(self, transfer: TransferId) -> Result<Vec<Command>, InvalidLines> {
        let settlement = self.outcome;
        Ok(vec![Command::Close(machine::Close {
            transfer,
            settlement,
        })])
    }
}
