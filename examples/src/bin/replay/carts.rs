//! Carts: baskets that are held before they are bought.

use inventory_core::machine::{Command, Commit, Hold, Release, Request};
use inventory_core::vocabulary::{IdempotencyKey, ReservationId, Ttl, Units};
use serde::Serialize;

use crate::sales::{Basket, Level, Line, Sales};

/// How long a cart is held.
const TTL_SECONDS: u64 = 900;

/// Of a hundred carts, how many their customers set free, and how many they forget.
const RELEASED_PERCENT: u64 = 20;
const FORGOTTEN_PERCENT: u64 = 10;

/// What became of carts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Carts {
    /// Carts that were held, each time a customer came.
    pub(crate) held: usize,
    /// Carts that were bought.
    pub(crate) committed: usize,
    /// Carts that were set free.
    pub(crate) released: usize,
    /// Carts whose deadline has passed.
    pub(crate) expired: usize,
    /// Carts that were bought when their customer had come back.
    pub(crate) returned: usize,
}

/// What a customer does with a cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Buys it.
    Bought,
    /// Sets it free, and comes back.
    Released,
    /// Does nothing, and comes back when it is too late.
    Forgotten,
}

/// A basket on a customer's first or second visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cart {
    /// Position of the basket in [`Sales::baskets`].
    pub(crate) number: usize,
    /// Whether the customer was here before.
    pub(crate) again: bool,
}

impl Cart {
    /// The basket.
    pub(crate) fn basket(self, sales: &Sales) -> &Basket {
        &sales.baskets[self.number]
    }

    /// What happens to it: a matter of its number alone, so that every run does the same.
    pub(crate) fn fate(self) -> Fate {
        if self.again {
            return Fate::Bought;
        }
        // The upper bits of a product with the golden ratio are as good as drawn.
        let mixed = (self.number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let percent = mixed % 100;
        if percent < RELEASED_PERCENT {
            Fate::Released
        } else if percent < RELEASED_PERCENT + FORGOTTEN_PERCENT {
            Fate::Forgotten
        } else {
            Fate::Bought
        }
    }

    /// How long it is held.
    pub(crate) fn ttl() -> Ttl {
        Ttl::new(TTL_SECONDS).expect("a quarter of an hour is in range")
    }

    /// Its lines, one for each level, as a reservation has them.
    pub(crate) fn lines(self, sales: &Sales) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        for &Line { level, quantity } in &self.basket(sales).lines {
            match lines.iter_mut().find(|line| line.level == level) {
                Some(line) => {
                    let sum = line.quantity.checked_add(quantity);
                    line.quantity = sum.expect("the sum over all baskets is a quantity");
                }
                None => lines.push(Line { level, quantity }),
            }
        }
        lines
    }

    /// The request that holds it.
    pub(crate) fn hold(self, sales: &Sales) -> Request {
        let lines = self.lines(sales);
        let holds = lines.iter().map(|line| {
            let Level { store, product, .. } = &sales.levels[line.level.0];
            Command::Hold(Hold {
                reservation: self.reservation(),
                product: product.clone(),
                store: store.clone(),
                quantity: Units::new(line.quantity.units()).expect("at least one unit is sold"),
                ttl: Self::ttl(),
            })
        });
        self.request("hold", holds.collect())
    }

    /// The request that ends it, if its customer makes one.
    pub(crate) fn end(self) -> Option<Request> {
        let reservation = self.reservation();
        let command = match self.fate() {
            Fate::Bought => Command::Commit(Commit {
                reservation,
                lines: None,
            }),
            Fate::Released => Command::Release(Release { reservation }),
            Fate::Forgotten => return None,
        };
        Some(self.request("end", vec![command]))
    }

    fn request(self, what: &str, commands: Vec<Command>) -> Request {
        let key = format!("{what}:{}", self.reservation());
        let key = IdempotencyKey::new(&key).expect("a short text in ASCII");
        Request::new(key, commands).expect("a basket has as many lines as a request may have")
    }

    /// Numbered, since a basket's own name may be as long as a name can be.
    fn reservation(self) -> ReservationId {
        let visit = if self.again { "again" } else { "first" };
        let name = format!("cart-{}-{visit}", self.number);
        name.parse().expect("a short text in ASCII")
    }
}
