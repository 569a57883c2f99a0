//! What may be asked for about a reservation.

use inventory_core::machine::{self, Command, CommitLine, InvalidLines, Lines};
use inventory_core::vocabulary::{ProductId, ReservationId, StoreId, Ttl, Units};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Committed, Extended, Held, Released};
use crate::wire::amount::Amount;
use crate::wire::error::Code;
use crate::wire::mutation::{
    Declared, Direct, Mutation, REFUSALS, REFUSALS_OF_KNOWN, at, each, mutation,
};
use crate::wire::object::{objects, some_objects};

mutation! {
    /// Sets units aside under a name that the caller gives: all of the lines, or none.
    pub struct Hold {
        /// The reservation, which must be a new one.
        pub reservation_id: ReservationId,
        /// What is held; a level stands once.
        #[serde(deserialize_with = "objects")]
        #[schemars(length(min = 1, max = 1_000), with = "Vec<LevelUnits>")]
        pub lines: Vec<LevelUnits>,
        /// For how long, from now on.
        pub ttl_seconds: Ttl,
    }
}

/// Units of one level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LevelUnits {
    /// The store.
    pub store_id: StoreId,
    /// The product.
    pub product_id: ProductId,
    /// How much.
    pub quantity: Units,
}

mutation! {
    /// Takes what a reservation holds out of the stock, and ends it.
    #[derive(Default)]
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
    #[derive(Default)]
    pub struct Release {}
}

mutation! {
    /// Moves the end of a reservation.
    pub struct Extend {
        /// How long it is to last from now on. It lives no longer than a day in all.
        pub ttl_seconds: Ttl,
    }
}

impl Mutation for Hold {
    type Subject = ();
    type Answer = Held;

    const CALL: Declared = Declared {
        id: "holdStock",
        about: "sets units of several levels aside for a while: all of them, or none",
        path: at!("/reservations"),
        example: r#"{"reservationId":"cart-3","lines":[{"storeId":"north","productId":"tea","quantity":1}],"ttlSeconds":600,"idempotencyKey":"hold-3"}"#,
        is_bulk: true,
        amount: Amount::InLines("quantity"),
        creates: true,
        done: "they are held",
        refusals: REFUSALS,
    };

    fn stores(&self) -> Vec<&StoreId> {
        self.lines.iter().map(|line| &line.store_id).collect()
    }

    fn products(&self) -> Vec<&ProductId> {
        self.lines.iter().map(|line| &line.product_id).collect()
    }
}

impl Direct for Hold {
    fn commands(self, (): ()) -> Result<Vec<Command>, InvalidLines> {
        each(self.lines, |line| {
            Command::Hold(machine::Hold {
                reservation: self.reservation_id.clone(),
                product: line.product_id,
                store: line.store_id,
                quantity: line.quantity,
                ttl: self.ttl_seconds,
            })
        })
    }
}

impl Mutation for Commit {
    type Subject = ReservationId;
    type Answer = Committed;

    const CALL: Declared = Declared {
        id: "commitReservation",
        about: "takes what a reservation holds, or a part of it, out of the stock and ends it",
        path: at!("/reservations/{reservationId}/commit"),
        example: r#"{"idempotencyKey":"pay-3","reason":"sale","reference":"order-3"}"#,
        is_bulk: true,
        amount: Amount::InLines("quantity"),
        creates: false,
        done: "it is committed",
        refusals: REFUSALS_OF_KNOWN,
    };

    fn stores(&self) -> Vec<&StoreId> {
        let lines = self.lines.iter().flatten();
        lines.map(|line| &line.store_id).collect()
    }

    /// What it takes is promised already.
    fn products(&self) -> Vec<&ProductId> {
        Vec::new()
    }
}

impl Direct for Commit {
    fn commands(self, reservation: ReservationId) -> Result<Vec<Command>, InvalidLines> {
        let line = |line: LevelUnits| CommitLine {
            product: line.product_id,
            store: line.store_id,
            quantity: line.quantity,
        };
        let lines = self.lines;
        let lines = lines.map(|lines| Lines::new(lines.into_iter().map(line).collect()));
        let lines = lines.transpose()?;
        Ok(vec![machine::Commit { reservation, lines }.into()])
    }
}

impl Mutation for Release {
    type Subject = ReservationId;
    type Answer = Released;

    const CALL: Declared = Declared {
        id: "releaseReservation",
        about: "makes what a reservation holds available again and ends it",
        path: at!("/reservations/{reservationId}/release"),
        example: r#"{"idempotencyKey":"release-4"}"#,
        is_bulk: false,
        amount: Amount::InLines("quantity"),
        creates: false,
        done: "it is released",
        refusals: REFUSALS_OF_KNOWN,
    };

    fn stores(&self) -> Vec<&StoreId> {
        Vec::new()
    }

    fn products(&self) -> Vec<&ProductId> {
        Vec::new()
    }
}

impl Direct for Release {
    fn commands(self, reservation: ReservationId) -> Result<Vec<Command>, InvalidLines> {
        Ok(vec![machine::Release { reservation }.into()])
    }
}

impl Mutation for Extend {
    type Subject = ReservationId;
    type Answer = Extended;

    const CALL: Declared = Declared {
        id: "extendReservation",
        about: "moves the end of a reservation, up to a day after it was made",
        path: at!("/reservations/{reservationId}/extend"),
        example: r#"{"ttlSeconds":900,"idempotencyKey":"extend-3"}"#,
        is_bulk: false,
        amount: Amount::InLines("quantity"),
        creates: false,
        done: "it lasts until then",
        refusals: &[Code::NotFound, Code::Conflict, Code::Unprocessable],
    };

    fn stores(&self) -> Vec<&StoreId> {
        Vec::new()
    }

    fn products(&self) -> Vec<&ProductId> {
        Vec::new()
    }
}

impl Direct for Extend {
    fn commands(self, reservation: ReservationId) -> Result<Vec<Command>, InvalidLines> {
        let ttl = self.ttl_seconds;
        Ok(vec![machine::Extend { reservation, ttl }.into()])
    }
}
