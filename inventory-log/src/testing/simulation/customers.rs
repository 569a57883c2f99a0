//! Who sends the requests of a run.

use inventory_core::machine::{Adjust, Basis, Command, Count, Guard, Request, Set, SetRule};
use inventory_core::vocabulary::{
    Adjustment, IdempotencyKey, ProductId, Quantity, StoreId, Version,
};

use super::{Choices, Witness};

/// One name is long, so that records start and end anywhere in a sector.
const PRODUCTS: [&str; 3] = [
    "tea",
    "rice",
    "a soup whose name is long enough to move every record that follows it",
];
const STORES: [&str; 2] = ["north", "south"];

/// Customers, and what they have asked for under a key.
#[derive(Debug, Clone, Default)]
pub(super) struct Customers {
    keys: u64,
    asked: Vec<Request>,
}

impl Customers {
    /// The next group: new requests, repeated ones, and keys that are used for something else.
    pub(super) fn group(&mut self, choices: &mut Choices, witness: &Witness) -> Vec<Request> {
        (0..=choices.below(5))
            .map(|_| self.request(choices, witness))
            .collect()
    }

    /// Some requests that were sent before, the newest among them.
    pub(super) fn repeated(&self, choices: &mut Choices) -> Vec<Request> {
        let newest = self.asked.iter().rev().take(3);
        newest.chain(self.earlier(choices)).cloned().collect()
    }

    fn request(&mut self, choices: &mut Choices, witness: &Witness) -> Request {
        let kind = choices.below(16);
        let earlier = if kind < 3 {
            self.earlier(choices)
        } else {
            None
        };
        match (kind, earlier) {
            (0 | 1, Some(earlier)) => earlier.clone(),
            (2, Some(earlier)) => {
                let intent = earlier.intent().expect("only keyed requests are kept");
                keyed(intent.key.clone(), lines(choices, witness))
            }
            (3, _) => {
                Request::unkeyed(lines(choices, witness)).expect("a request has one to four lines")
            }
            (_, _) => {
                self.keys += 1;
                let key = format!("key-{}", self.keys)
                    .parse()
                    .expect("the key is plain text");
                let request = keyed(key, lines(choices, witness));
                self.asked.push(request.clone());
                request
            }
        }
    }

    /// One of the newest requests.
    fn earlier(&self, choices: &mut Choices) -> Option<&Request> {
        let count = self.asked.len();
        let back = 1 + choices.below(count.clamp(1, 40) as u64) as usize;
        self.asked.get(count.checked_sub(back)?)
    }
}

fn keyed(key: IdempotencyKey, lines: Vec<Command>) -> Request {
    Request::new(key, lines).expect("a request has one to four lines")
}

fn lines(choices: &mut Choices, witness: &Witness) -> Vec<Command> {
    let count = choices.of(&[1, 1, 1, 2, 3, 4]);
    (0..count).map(|_| line(choices, witness)).collect()
}

fn line(choices: &mut Choices, witness: &Witness) -> Command {
    let product: ProductId = choices
        .of(&PRODUCTS)
        .parse()
        .expect("the name is plain text");
    let store: StoreId = choices.of(&STORES).parse().expect("the name is plain text");
    let guard = guard(choices, witness.version(&product));
    let operation = choices.below(9);
    if operation == 8 {
        let rule = match choices.below(3) {
            0 => SetRule::Merge(witness.version(&product)),
            1 => SetRule::Merge(Version::NEVER_WRITTEN),
            _ => SetRule::Overwrite,
        };
        let on_hand = Quantity::new(choices.below(6)).expect("a few units");
        return Command::Set(Set {
            product,
            store,
            on_hand,
            rule,
        });
    }
    if operation == 0 {
        let counted = Quantity::new(choices.below(20)).expect("a few units");
        return Command::Count(Count {
            product,
            store,
            counted,
            basis: Basis::Now(guard),
            release_holds: false,
        });
    }
    let units = 1 + choices.below(9) as i64;
    let units = match operation {
        1..=4 => units,
        5 | 6 => -units,
        // Hardly ever that much is there.
        _ => -100,
    };
    let delta = Adjustment::new(units).expect("a few units, not zero");
    Command::Adjust(Adjust {
        product,
        store,
        delta,
        guard,
    })
}

/// Guards that hold, that hold once others of the group are applied, and that do not hold.
fn guard(choices: &mut Choices, current: Version) -> Guard {
    let at = |number| Version::new(number).map_or(Guard::Unguarded, Guard::At);
    match choices.below(8) {
        0 => Guard::At(current),
        1 => at(current.number() + 1),
        2 => at(current.number().saturating_sub(1)),
        _ => Guard::Unguarded,
    }
}
