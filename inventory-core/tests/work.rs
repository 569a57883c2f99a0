//! What a request passes over, counted: it grows with its own lines, and not with all that there is around them.

#![cfg(feature = "testing")]
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::sync::Arc;

use inventory_core::conformance::{adjust, count};
use inventory_core::machine::dry_run::{Decision, Draft, Staging, decide};
use inventory_core::machine::replica::apply;
use inventory_core::machine::{
    Command, DeadLettered, Entry, Event, Hold, Ledger, Request, SyncLevel, SyncRule, WindowLimits,
};
use inventory_core::testing::steps;
use inventory_core::vocabulary::{Quantity, Sequence, Timestamp, Ttl, Units};

/// A ledger, the memory of its drafts, and the time.
struct Shop {
    ledger: Ledger,
    staging: Staging,
    now: Timestamp,
}

impl Shop {
    fn new() -> Self {
        Self {
            ledger: Ledger::new(WindowLimits::default()),
            staging: Staging::default(),
            now: Timestamp::from_millis(1_000).unwrap(),
        }
    }

    /// Decides a request that fits and follows it, a millisecond after the one before.
    fn ask(&mut self, commands: Vec<Command>) -> Arc<Entry> {
        self.now = self.now.plus_millis(1);
        let request = Request::unkeyed(commands).unwrap();
        let mut draft = Draft::new(&self.ledger, &mut self.staging, self.now);
        let Decision::New(effects) = decide(&mut draft, &request).unwrap() else {
            panic!("nothing is due, and no key is used twice");
        };
        let entry = draft.record(Some(&request), effects);
        assert_eq!(apply(&mut self.ledger, &entry), Ok(vec![]));
        entry
    }

    fn passed_over(&mut self, commands: Vec<Command>) -> u64 {
        steps(|| drop(self.ask(commands)))
    }
}

fn store(number: usize) -> String {
    format!("store-{number}")
}

fn hold(reservation: usize, product: &str, store: &str) -> Command {
    Command::Hold(Hold {
        reservation: format!("cart-{reservation}").parse().unwrap(),
        product: product.parse().unwrap(),
        store: store.parse().unwrap(),
        quantity: Units::new(1).unwrap(),
        ttl: Ttl::new(600).unwrap(),
    })
}

#[test]
fn a_sale_does_not_pass_over_the_other_stores_of_its_product() {
    let mut shop = Shop::new();
    shop.ask((0..1_000).map(|at| count("tea", &store(at), 5)).collect());
    let sales = (0..1_000).map(|at| adjust("tea", &store(at), -1));
    let passed = shop.passed_over(sales.collect());
    assert!(passed < 1_000, "{passed} steps for a thousand sales");
}

/// After a loss every level has to be counted, of products that everybody has in a cart.
#[test]
fn a_count_of_a_quarantined_product_does_not_pass_over_its_carts() {
    const STORES: usize = 100;
    const CARTS: usize = 5_000;
    let mut shop = Shop::new();
    let all = |units| (0..STORES).map(move |at| count("tea", &store(at), units));
    shop.ask(all(1_000).collect());
    for cart in 0..CARTS {
        // Of a deadline of its own each.
        shop.ask(vec![hold(cart, "tea", &store(cart % STORES))]);
    }
    let next = Sequence::new(shop.ledger.head().sequence.number() + 1);
    shop.ledger.lose(next);
    let passed = shop.passed_over(all(900).collect());
    assert!(passed < 20_000, "{passed} steps for a hundred counts");
    let tea = shop.ledger.product(&"tea".parse().unwrap()).unwrap();
    assert!(!tea.quarantined(), "each of its levels was counted");
    let reserved = tea.levels().map(|(_, level)| level.reserved().units());
    assert_eq!(reserved.sum::<u64>(), CARTS as u64);
}

/// A night of events that nobody understands, and the synchronisation in the morning.
#[test]
fn a_proof_does_not_pass_over_what_was_buried_of_other_products() {
    const PRODUCTS: usize = 2_000;
    let mut shop = Shop::new();
    let product = |at: usize| format!("product-{at}");
    let lines = (0..PRODUCTS).map(|at| count(&product(at), "north", 5));
    let counted = shop.ask(lines.collect());
    let letter = |at| {
        Event::DeadLettered(DeadLettered {
            product: Some(product(at).parse().unwrap()),
            version: None,
            raw: "{\"type\":\"StockLent\"}".into(),
        })
    };
    let night = Entry {
        first: counted.last().next(),
        intent: None,
        outcomes: [].into(),
        events: (0..PRODUCTS).map(letter).collect(),
        ..Entry::clone(&counted)
    };
    assert_eq!(apply(&mut shop.ledger, &night).unwrap().len(), PRODUCTS);
    assert_eq!(shop.ledger.quarantined_count(), PRODUCTS);
    let row = |at| {
        Command::SyncLevel(SyncLevel {
            product: product(at).parse().unwrap(),
            store: "north".parse().unwrap(),
            on_hand: Quantity::new(5).unwrap(),
            rule: SyncRule::Overwrite,
        })
    };
    let passed = shop.passed_over((0..PRODUCTS).map(row).collect());
    assert!(passed < 10 * PRODUCTS as u64, "{passed} steps");
    assert_eq!(shop.ledger.quarantined_count(), 0);
    let proofs = shop.ledger.buried().values();
    assert!(
        proofs
            .map(|buried| buried.suspected_until)
            .all(|proof| proof.is_some())
    );
    let seventh: Vec<_> = (shop.ledger.buried_of(&product(7).parse().unwrap()))
        .map(|(at, _)| at.number())
        .collect();
    assert_eq!(seventh, [PRODUCTS as u64 + 8]);
}
