//! What may be asked for about a reservation.

use inventory_core::machine::{self, Command, CommitLine, InvalidLines, Lines};
use inventory_core::vocabulary::{ProductId, ReservationId, StoreId, Ttl, Units};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::wire::mutation::mutation;
use crate::wire::object::{objects, some_objects};
use crate::wire::schema;

mutation! {
    /// Sets units aside under a name that the caller gives: all of the lines, or none.
    pub struct Hold {
        /// The reservation, which must be a new one.
        #[schemars(schema_with = "schema::id")]
        pub reservation_id: ReservationId,
        /// What is held; a level stands once.
        #[serde(deserialize_with = "objects")]
        #[schemars(length(min = 1, max = 1_000), with = "Vec<LevelUnits>")]
        pub lines: Vec<LevelUnits>,
        /// For how long, from now on.
        #[schemars(schema_with = "schema::ttl")]
        pub ttl_seconds: Ttl,
    }
}

/// Units of one level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LevelUnits {
    /// The store.
    #[schemars(schema_with = "schema::id")]
    pub store_id: StoreId,
    /// The product.
    #[schemars(schema_with = "schema::id")]
    pub product_id: ProductId,
    /// How much.
    #[schemars(schema_with = "schema::units")]
    pub quantity: Units,
}

mutation! {
    /// Takes what a reservation holds out of the stock, and ends it.
    pub struct Commit {
        /// What is taken; the rest becomes available again. Absent: everything.
        #[serde(
            default,
            deserialize_with = "some_objects",
            skip_serializing_if = "Option::is_none"
        )]
        #[schemars(length(min = 1, max = 1_000), with = "Vec<LevelUnits>")]
        pub lines: Option<Vec<LevelUnits>>,
    }
}

mutation! {
    /// Makes what a reservation holds available again, and ends it.
    pub struct Release {}
}

mutation! {
    /// Moves the end of a reservation.
    pub struct Extend {
        /// How long it is to last from now on. It lives no longer than a day in all.
        #[schemars(schema_with = "schema::ttl")]
        pub ttl_seconds: Ttl,
    }
}

impl Hold {
    /// The commands that say the same: one for each line.
    pub fn commands(self) -> Vec<Command> {
        let (reservation, ttl) = (self.reservation_id, self.ttl_seconds);
        let commands = self.lines.into_iter().map(|line| {
            Command::Hold(machine::Hold {
                reservation: reservation.clone(),
                product: line.product_id,
                store: line.store_id,
                quantity: line.quantity,
                ttl,
            })
        });
        commands.collect()
    }
}

impl Commit {
    /// The command that says the same of a reservation.
    ///
    /// # Errors
    ///
    /// It has lines that do not belong together.
    pub fn command(self, reservation: ReservationId) -> Result<Command, InvalidLines> {
        let line = |line: LevelUnits| CommitLine {
            product: line.product_id,
            store: line.store_id,
            quantity: line.quantity,
        };
        let lines = self.lines;
        let lines = lines.map(|lines| Lines::new(lines.into_iter().map(line).collect()));
        Ok(Command::Commit(machine::Commit {
            reservation,
            lines: lines.transpose()?,
        }))
    }
}
