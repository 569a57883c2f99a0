//! What may be asked for about a transfer.

use inventory_core::machine::{self, Command, InvalidLines, Lines, ReceiveLine, Settlement};
use inventory_core::vocabulary::{ProductId, StoreId, TransferId, Units};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::wire::mutation::mutation;
use crate::wire::object::{objects, some_objects};
use crate::wire::schema;

mutation! {
    /// Sends units to another store, under a name that the caller gives: all of the lines, or none.
    pub struct Ship {
        /// The transfer, which must be a new one.
        #[schemars(schema_with = "schema::id")]
        pub transfer_id: TransferId,
        /// The store that they leave.
        #[schemars(schema_with = "schema::id")]
        pub from_store_id: StoreId,
        /// The store that they go to; another one.
        #[schemars(schema_with = "schema::id")]
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
    #[schemars(schema_with = "schema::id")]
    pub product_id: ProductId,
    /// How much.
    #[schemars(schema_with = "schema::units")]
    pub quantity: Units,
}

mutation! {
    /// Takes in what has arrived of a transfer.
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

/// What has become of what did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Settlement")]
pub enum SettlementKind {
    /// It came back to the store that it had left.
    Returned,
    /// It is gone.
    Lost,
}

mutation! {
    /// Settles what of a transfer has not arrived, and ends it.
    pub struct Close {
        /// What has become of it.
        pub outcome: SettlementKind,
    }
}

impl Ship {
    /// The commands that say the same: one for each line.
    pub fn commands(self) -> Vec<Command> {
        let commands = self.lines.into_iter().map(|line| {
            Command::Ship(machine::Ship {
                transfer: self.transfer_id.clone(),
                source: self.from_store_id.clone(),
                destination: self.to_store_id.clone(),
                product: line.product_id,
                quantity: line.quantity,
            })
        });
        commands.collect()
    }
}

impl Receive {
    /// The command that says the same of a transfer.
    ///
    /// # Errors
    ///
    /// It has lines that do not belong together.
    pub fn command(self, transfer: TransferId) -> Result<Command, InvalidLines> {
        let line = |line: ProductUnits| ReceiveLine {
            product: line.product_id,
            quantity: line.quantity,
        };
        let lines = self.lines;
        let lines = lines.map(|lines| Lines::new(lines.into_iter().map(line).collect()));
        Ok(Command::Receive(machine::Receive {
            transfer,
            lines: lines.transpose()?,
        }))
    }
}

impl Close {
    /// The command that says the same of a transfer.
    pub fn command(&self, transfer: TransferId) -> Command {
        let settlement = match self.outcome {
            SettlementKind::Returned => Settlement::Returned,
            SettlementKind::Lost => Settlement::Lost,
        };
        Command::Close(machine::Close {
            transfer,
            settlement,
        })
    }
}
