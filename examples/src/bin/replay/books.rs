//! Expected stock of each level: opening, sold, remaining, kept apart from the engine and compared with it.

use std::collections::BTreeSet;
use std::fmt;

use inventory_core::machine::{
    Adjust, Basis, Command, Count, Guard, InvalidRequest, Ledger, Request,
};
use inventory_core::vocabulary::{Adjustment, IdempotencyKey, Quantity};
use serde::Serialize;

use crate::failure::Failure;
use crate::sales::{Basket, Level, Line, Sales};
use crate::share::Share;

/// Counts per opening request: small enough for the first groups to be written while the next are made.
const OPENING_LINES: usize = 1_000;

/// Units over all levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Units {
    /// Units that were counted in.
    pub(crate) opening: Quantity,
    /// Units that left with sold baskets.
    pub(crate) sold: Quantity,
    /// Units that should be left.
    pub(crate) remaining: Quantity,
}

/// One thing that a ledger says and the books do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mismatch(String);

impl Mismatch {
    /// Says what does not add up.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The account of one level.
///
/// **Invariant**: `sold + held <= opening`: the engine would have refused the rest.
#[derive(Debug, Clone, Copy)]
struct Account {
    opening: Quantity,
    sold: Quantity,
    /// Units of open carts.
    held: Quantity,
}

impl Account {
    /// Units that somebody may still take.
    fn free(self) -> Quantity {
        self.opening
            .saturating_sub(self.sold)
            .saturating_sub(self.held)
    }
}

/// The accounts of all levels of a sales file.
#[derive(Debug)]
pub(crate) struct Books<'a> {
    sales: &'a Sales,
    accounts: Vec<Account>,
    /// Events after the opening.
    events: u64,
}

impl<'a> Books<'a> {
    /// Accounts that open with a share of the demand, nothing sold.
    ///
    /// # Errors
    ///
    /// That would be more units than can be counted.
    pub(crate) fn open(sales: &'a Sales, share: Share) -> Result<Self, Failure> {
        let mut sum = Quantity::ZERO;
        let mut accounts = Vec::with_capacity(sales.levels.len());
        for level in &sales.levels {
            let opening = share.of(level.demanded);
            let (opening, total) = opening
                .and_then(|opening| Some((opening, sum.checked_add(opening)?)))
                .ok_or_else(|| {
                    Failure::usage("the opening stock would be more than can be counted")
                })?;
            sum = total;
            let (sold, held) = (Quantity::ZERO, Quantity::ZERO);
            accounts.push(Account {
                opening,
                sold,
                held,
            });
        }
        Ok(Self {
            sales,
            accounts,
            events: 0,
        })
    }

    /// The requests that count the opening stock in, each under `key` of its number.
    pub(crate) fn opening_requests(
        &self,
        key: impl Fn(usize) -> IdempotencyKey,
    ) -> impl Iterator<Item = Request> {
        let levels = self.sales.levels.chunks(OPENING_LINES);
        let accounts = self.accounts.chunks(OPENING_LINES);
        levels
            .zip(accounts)
            .enumerate()
            .map(move |(number, (levels, accounts))| {
                let counts = levels.iter().zip(accounts).map(|(level, account)| {
                    Command::Count(Count {
                        product: level.product.clone(),
                        store: level.store.clone(),
                        counted: account.opening,
                        basis: Basis::Now(Guard::Unguarded),
                        release_holds: false,
                    })
                });
                let counts: Vec<Command> = counts.collect();
                Request::new(key(number), counts).expect("a chunk has 1 to 1,000 lines")
            })
    }

    /// The request that sells a basket. Unguarded: the sale has happened, and the floor alone decides.
    ///
    /// # Errors
    ///
    /// Never for a basket of the sales file, whose lines were counted when it was read.
    pub(crate) fn request(&self, basket: &Basket) -> Result<Request, InvalidRequest> {
        let lines = basket.lines.iter().map(|line| {
            let Level { store, product, .. } = &self.sales.levels[line.level.0];
            let taken = -(line.quantity.units() as i64);
            Command::Adjust(Adjust {
                product: product.clone(),
                store: store.clone(),
                delta: Adjustment::new(taken).expect("a line sells at least one unit"),
                guard: Guard::Unguarded,
            })
        });
        Request::new(basket.key.clone(), lines.collect())
    }

    /// Writes a basket down as sold, of what is free.
    ///
    /// # Errors
    ///
    /// The engine has sold more of a level than was there: what no run should ever see.
    pub(crate) fn sell(&mut self, basket: &Basket) -> Result<(), Mismatch> {
        for line in &basket.lines {
            let account = &mut self.accounts[line.level.0];
            if line.quantity > account.free() {
                let Level { store, product, .. } = &self.sales.levels[line.level.0];
                return Err(Mismatch(format!(
                    "basket {} was sold, with more of product {product} than store {store} had",
                    basket.key
                )));
            }
            account.sold = sum(account.sold, line.quantity);
            self.events += 1;
        }
        Ok(())
    }

    /// Whether the lines of a cart, each of another level, are free.
    pub(crate) fn has(&self, lines: &[Line]) -> bool {
        let mut lines = lines.iter();
        lines.all(|line| line.quantity <= self.accounts[line.level.0].free())
    }

    /// Writes the lines of a cart down as held. They must be free.
    pub(crate) fn hold(&mut self, lines: &[Line]) {
        for line in lines {
            let account = &mut self.accounts[line.level.0];
            account.held = sum(account.held, line.quantity);
            self.events += 1;
        }
    }

    /// Writes the lines of a cart down as held no more.
    pub(crate) fn set_free(&mut self, lines: &[Line]) {
        for line in lines {
            let account = &mut self.accounts[line.level.0];
            account.held = account.held.saturating_sub(line.quantity);
            self.events += 1;
        }
    }

    /// Writes carts down as forgotten together: what they held of a level is free in one event, and each line has ended in
    /// another.
    pub(crate) fn forget(&mut self, lines: &[Line]) {
        let levels: BTreeSet<_> = lines.iter().map(|line| line.level.0).collect();
        self.events += levels.len() as u64;
        self.set_free(lines);
    }

    /// Writes the lines of a cart down as sold, which were held.
    pub(crate) fn buy(&mut self, lines: &[Line]) {
        self.set_free(lines);
        for line in lines {
            let account = &mut self.accounts[line.level.0];
            account.sold = sum(account.sold, line.quantity);
        }
    }

    /// Events that the log should have: one for each count, for each line sold, held, or held no more, and for each level that
    /// was set free since it was forgotten.
    pub(crate) fn events(&self) -> u64 {
        self.accounts.len() as u64 + self.events
    }

    /// Units over all levels.
    pub(crate) fn units(&self) -> Units {
        let sum = |of: fn(&Account) -> Quantity| {
            self.accounts.iter().fold(Quantity::ZERO, |sum, account| {
                sum.checked_add(of(account))
                    .expect("the opening stock was summed up when the books were opened")
            })
        };
        let (opening, sold) = (sum(|account| account.opening), sum(|account| account.sold));
        let remaining = opening
            .checked_sub(sold)
            .expect("no account sells more than it had");
        Units {
            opening,
            sold,
            remaining,
        }
    }

    /// Everything in which a ledger differs from the books; nothing when every unit is accounted for.
    pub(crate) fn compare(&self, ledger: &Ledger) -> Vec<Mismatch> {
        let mut mismatches = Vec::new();
        let mut expect = |what: &str, found: u64, expected: u64| {
            if found != expected {
                mismatches.push(Mismatch(format!(
                    "there are {found} {what}, not {expected}"
                )));
            }
        };
        expect("events", ledger.head().sequence.number(), self.events());
        expect(
            "levels",
            ledger.level_count() as u64,
            self.accounts.len() as u64,
        );
        expect("open reservations", ledger.open_reservations() as u64, 0);
        expect("quarantined products", ledger.quarantined_count() as u64, 0);
        for (level, account) in self.sales.levels.iter().zip(&self.accounts) {
            let Level { store, product, .. } = level;
            let found = ledger.product(product).and_then(|view| view.level(store));
            let Account { opening, sold, .. } = *account;
            let adds_up = found.is_some_and(|level| {
                level.available() == level.on_hand()
                    && opening.checked_sub(sold) == Some(level.on_hand())
            });
            if !adds_up {
                let remaining = match found {
                    Some(level) => level.on_hand().to_string(),
                    None => "nothing on record".to_owned(),
                };
                mismatches.push(Mismatch(format!(
                    "product {product} at store {store}: {opening} - {sold} is not {remaining}"
                )));
            }
        }
        mismatches
    }
}

/// A sum of what is at a level, which is no more than it opened with.
fn sum(of: Quantity, more: Quantity) -> Quantity {
    of.checked_add(more)
        .expect("no more than the level opened with, which is a quantity")
}
