//! A naive model of the engine: ordered maps, plain integers and linear searches, obviously right.
//!
//! It shares no rule and no arithmetic with the machine; of its types it uses those that callers see. Whoever disagrees
//! with it is wrong, or has found a mistake in a hundred lines that can be read at one go.

mod difference;
mod predicted;
mod window;

use std::collections::BTreeMap;

pub use predicted::{Effect, Predicted};

use crate::machine::{
    Basis, Command, Current, Guard, Intent, Level, Line, Outcome, Rejection, Request, Set, SetRule,
    Skip, WindowLimits,
};
use crate::vocabulary::{ProductId, Quantity, StoreId, Timestamp, Version};
use window::{Remembered, Window};

/// Quantities, versions and deltas alike: wide enough that nothing here overflows.
type Number = i128;

const MAX: Number = (1 << 53) - 1;

/// Stock of one product at one store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Stock {
    on_hand: Number,
    reserved: Number,
}

impl Stock {
    fn of(level: Level) -> Self {
        Self {
            on_hand: level.on_hand().units().into(),
            reserved: level.reserved().units().into(),
        }
    }

    fn available(self) -> Number {
        self.on_hand - self.reserved
    }
}

#[derive(Debug, Clone, Default)]
struct Product {
    version: Number,
    quarantined: bool,
    stores: BTreeMap<String, Stock>,
}

impl Product {
    fn total(&self) -> Number {
        self.stores.values().map(|stock| stock.available()).sum()
    }
}

/// What the ledger should be, after the same requests at the same times.
///
/// The engine decides a group on the window as it was before the group: [`Model::decide`] each request of it, then
/// [`Model::publish`]. [`Model::submit`] is a group of one.
#[derive(Debug, Clone)]
pub struct Model {
    events: Number,
    recorded_at_ms: u64,
    products: BTreeMap<String, Product>,
    window: Window,
}

impl Model {
    /// A model before the first request.
    pub fn new(limits: WindowLimits) -> Self {
        Self {
            events: 0,
            recorded_at_ms: 0,
            products: BTreeMap::new(),
            window: Window::new(limits),
        }
    }

    /// Gives a product a past that the model has not followed.
    pub fn assume(&mut self, product: &str, version: Version, levels: &[(&str, Level)]) {
        let stores = levels
            .iter()
            .map(|&(store, level)| (store.to_owned(), Stock::of(level)));
        let known = Product {
            version: version.number().into(),
            quarantined: false,
            stores: stores.collect(),
        };
        self.products.insert(product.to_owned(), known);
    }

    /// What the answer to a request should be that is alone in its group.
    pub fn submit(&mut self, request: &Request, now: Timestamp) -> Predicted {
        let predicted = self.decide(request, now);
        self.publish();
        predicted
    }

    /// What the answer to the next request of a group should be.
    pub fn decide(&mut self, request: &Request, now: Timestamp) -> Predicted {
        if let Some(intent) = request.intent()
            && let Some(first) = self.window.find(intent.key.as_str())
        {
            return first.answer(request);
        }
        // All or none: a refused request changes a copy that is thrown away.
        let mut products = self.products.clone();
        let (mut effects, mut outcomes) = (Vec::new(), Vec::new());
        for (line, command) in request.commands().iter().enumerate() {
            if let Some(skip) = skipped(&products, command) {
                outcomes.push(Outcome::Skipped(skip));
                continue;
            }
            outcomes.push(match is_known(&products, command) {
                true => Outcome::Updated,
                false => Outcome::Created,
            });
            match apply(&mut products, Line(line), command) {
                Ok(effect) => effects.push(effect),
                Err(rejection) => return Predicted::Refused(rejection),
            }
        }
        if effects.is_empty() {
            let outcomes = outcomes.into();
            return Predicted::Refused(Rejection::NothingToDo { outcomes });
        }
        let rows = |command: &Command| matches!(command, Command::Set(_));
        if !request.commands().iter().any(rows) {
            outcomes.clear();
        }
        self.products = products;
        let first = self.events + 1;
        self.events += effects.len() as Number;
        self.recorded_at_ms = self.recorded_at_ms.max(now.millis());
        if let Some(Intent { key, .. }) = request.intent() {
            let at = self.recorded_at_ms;
            let remembered = Remembered::new(key.as_str(), first, at, request, &outcomes);
            self.window.remember_later(remembered);
        }
        Predicted::Applied {
            first: first as u64,
            effects,
            outcomes,
        }
    }

    /// Ends a group: its keys push older ones out of the window.
    pub fn publish(&mut self) {
        self.window.remember();
    }

    /// An event stands in the log that cannot be applied, in an entry of its own without a key.
    pub fn bury(
        &mut self,
        product: Option<&str>,
        version: Option<Version>,
        recorded_at: Timestamp,
    ) {
        self.events += 1;
        self.recorded_at_ms = self.recorded_at_ms.max(recorded_at.millis());
        if let Some(product) = product {
            let product = self.products.entry(product.to_owned()).or_default();
            let claimed = version.map_or(0, |version| version.number().into());
            product.version = product.version.max(claimed);
            product.quarantined = true;
        }
    }
}

fn is_known(products: &BTreeMap<String, Product>, command: &Command) -> bool {
    let product = products.get(level(command).0.as_str());
    product.is_some_and(|product| product.stores.contains_key(level(command).1.as_str()))
}

/// Why a row of a synchronisation writes nothing.
fn skipped(products: &BTreeMap<String, Product>, command: &Command) -> Option<Skip> {
    let Command::Set(Set { on_hand, rule, .. }) = command else {
        return None;
    };
    let product = products.get(level(command).0.as_str())?;
    let wanted = Number::from(on_hand.units());
    match rule {
        // The request will be refused.
        SetRule::Merge(_) if product.quarantined => return None,
        SetRule::Merge(version) => {
            let current = product.version;
            if current != 0 && Number::from(version.number()) != current {
                return Some(Skip::Stale);
            }
        }
        SetRule::Overwrite => {}
    }
    let stock = product.stores.get(level(command).1.as_str())?;
    if stock.on_hand == wanted && !product.quarantined {
        return Some(Skip::Unchanged);
    }
    (wanted < stock.reserved).then_some(Skip::BelowReserved)
}

fn apply(
    products: &mut BTreeMap<String, Product>,
    line: Line,
    command: &Command,
) -> Result<Effect, Rejection> {
    let (product, store) = (level(command).0.clone(), level(command).1.clone());
    let known = products.entry(product.to_string()).or_default();
    let stock = known
        .stores
        .get(store.as_str())
        .copied()
        .unwrap_or_default();
    let believed = match command {
        Command::Adjust(_) => false,
        Command::Count(_) => true,
        Command::Set(set) => set.rule == SetRule::Overwrite,
        _ => unreachable!("the model knows commands on stock"),
    };
    if known.quarantined && !believed {
        return Err(Rejection::Quarantined { line, product });
    }
    if let Guard::At(demanded) = guard(command)
        && Number::from(demanded.number()) != known.version
    {
        let current = Current {
            version: version(known.version),
            available: quantity(known.total()),
            at_store: quantity(stock.available()),
        };
        return Err(Rejection::StaleVersion {
            line,
            product,
            store,
            demanded,
            current,
        });
    }
    let on_hand = match command {
        Command::Adjust(adjust) => stock.on_hand + Number::from(adjust.delta.delta().units()),
        Command::Count(count) => count.counted.units().into(),
        Command::Set(set) => set.on_hand.units().into(),
        _ => unreachable!("the model knows commands on stock"),
    };
    let after = Stock { on_hand, ..stock };
    if after.available() < 0 {
        return Err(match command {
            Command::Adjust(adjust) => Rejection::InsufficientStock {
                line,
                product,
                store,
                delta: adjust.delta.delta(),
                available: quantity(stock.available()),
            },
            Command::Count(count) => Rejection::BelowReserved {
                line,
                product,
                store,
                counted: count.counted,
                reserved: quantity(stock.reserved),
            },
            _ => unreachable!("such a row is skipped"),
        });
    }
    let total = known.total() - stock.available() + after.available();
    let everything: Number = known.stores.values().map(|stock| stock.on_hand).sum();
    let added = on_hand > stock.on_hand;
    if total > MAX || added && everything - stock.on_hand + on_hand > MAX {
        return Err(Rejection::StockCeiling {
            line,
            product,
            store,
        });
    }
    if known.version == MAX {
        return Err(Rejection::VersionsExhausted { line, product });
    }
    known.version += 1;
    known.quarantined = false;
    known.stores.insert(store.to_string(), after);
    Ok(Effect {
        version: version(known.version),
        at_store: quantity(after.available()),
        total: quantity(total),
    })
}

pub(super) fn level(command: &Command) -> (&ProductId, &StoreId) {
    match command {
        Command::Adjust(adjust) => (&adjust.product, &adjust.store),
        Command::Count(count) => (&count.product, &count.store),
        Command::Set(set) => (&set.product, &set.store),
        _ => unreachable!("the model knows commands on stock"),
    }
}

fn guard(command: &Command) -> Guard {
    match command {
        Command::Adjust(adjust) => adjust.guard,
        Command::Count(count) => match count.basis {
            Basis::Now(guard) => guard,
            Basis::Then { .. } => Guard::Unguarded,
        },
        _ => Guard::Unguarded,
    }
}

fn quantity(units: Number) -> Quantity {
    let units = u64::try_from(units).expect("the model keeps stock above zero");
    Quantity::new(units).expect("the model keeps stock below the ceiling")
}

fn version(number: Number) -> Version {
    let number = u64::try_from(number).expect("versions only grow");
    Version::new(number).expect("the model gives no version above the last")
}
