//! What others do at central beside changing a number: reservations, transfers, counts that release, alerts.

use inventory_core::machine::{
    Basis, Close, Command, Commit, CommitLine, Count, Extend, Guard, Hold, Lines, Receive, Release,
    RemoveAlert, SetAlert, Settlement, Ship, Thresholds,
};
use inventory_core::vocabulary::{ProductId, Quantity, StoreId, Ttl, Units};

use crate::world::{PRODUCTS, STORES, World};

/// Names that are given again and again, so that some are of what has ended.
const NAMES: u64 = 6;

impl World {
    /// The lines of one request about promises.
    pub(crate) fn promise(&mut self) -> Vec<Command> {
        let name = format!("r{}", self.dice.u64(..NAMES));
        let reservation = name.parse().expect("plain text");
        let transfer = name.parse().expect("plain text");
        match self.dice.u64(..10) {
            0..3 => self.hold(&name),
            3 => {
                let (product, store, quantity) = self.portion();
                let line = CommitLine {
                    product,
                    store,
                    quantity,
                };
                let whole = self.dice.bool();
                let lines = Lines::new(vec![line]).ok().filter(|_| !whole);
                vec![Commit { reservation, lines }.into()]
            }
            4 => vec![Release { reservation }.into()],
            5 => {
                let ttl = ttl(1 + self.dice.u64(..2));
                vec![Extend { reservation, ttl }.into()]
            }
            6 => self.ship(&name),
            7 => vec![
                Receive {
                    transfer,
                    lines: None,
                }
                .into(),
            ],
            8 => {
                let settlement = self
                    .dice
                    .choice([Settlement::Returned, Settlement::Lost])
                    .expect("there are some");
                vec![
                    Close {
                        transfer,
                        settlement,
                    }
                    .into(),
                ]
            }
            _ => vec![self.count_or_alert()],
        }
    }

    fn hold(&mut self, name: &str) -> Vec<Command> {
        let ttl = ttl(1 + self.dice.u64(..2));
        let lines = 1 + self.dice.u64(..3);
        let lines = (0..lines).map(|_| {
            let (product, store, quantity) = self.portion();
            let hold = Hold {
                reservation: name.parse().expect("plain text"),
                product,
                store,
                quantity,
                ttl,
            };
            hold.into()
        });
        lines.collect()
    }

    fn ship(&mut self, name: &str) -> Vec<Command> {
        let (product, source, quantity) = self.portion();
        let destination = self
            .dice
            .choice(STORES)
            .expect("there are some")
            .parse()
            .expect("plain text");
        let ship = Ship {
            transfer: name.parse().expect("plain text"),
            source,
            destination,
            product,
            quantity,
        };
        vec![ship.into()]
    }

    fn count_or_alert(&mut self) -> Command {
        let (product, store, found) = self.portion();
        let low = self.dice.u64(..5);
        let quantity = |units| Quantity::new(units).expect("a few units");
        let thresholds = Thresholds::new(quantity(low), quantity(low + 3));
        match self.dice.u64(..4) {
            0 => RemoveAlert { product, store }.into(),
            1 => Count {
                product,
                store,
                counted: found.quantity(),
                basis: Basis::Now(Guard::Unguarded),
                release_holds: true,
            }
            .into(),
            _ => SetAlert {
                product,
                store,
                thresholds: thresholds.expect("three more are more"),
            }
            .into(),
        }
    }

    fn portion(&mut self) -> (ProductId, StoreId, Units) {
        let product = self
            .dice
            .choice(PRODUCTS)
            .expect("there are some")
            .parse()
            .expect("plain text");
        let store = self
            .dice
            .choice(STORES)
            .expect("there are some")
            .parse()
            .expect("plain text");
        let quantity = Units::new(1 + self.dice.u64(..4)).expect("it is not zero");
        (product, store, quantity)
    }
}

fn ttl(seconds: u64) -> Ttl {
    Ttl::new(seconds).expect("a few seconds")
}
