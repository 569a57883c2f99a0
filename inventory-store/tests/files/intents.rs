//! Intents to test with.

use std::time::Duration;

use inventory_core::vocabulary::{Adjustment, Epoch, Reason, Timestamp, Version};
use inventory_http::wire::KeyName;
use inventory_http::wire::Update;
use inventory_store::outbox::{Intent, IntentKey, OutboxLimits};

/// So small that sequences of a few dozen changes reach every bound.
pub(crate) const LIMITS: OutboxLimits = OutboxLimits {
    intents_max: 5,
    age_max: Duration::from_millis(20),
    parked_max: 3,
};

pub(crate) fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis).unwrap()
}

/// Even numbers are of a till without a name; two odd ones that follow each other are one key of two tills.
pub(crate) fn key(number: u8) -> IntentKey {
    let tills = [None, Some("till 1"), None, Some("till 2")];
    let shared = if number % 4 == 3 { number - 2 } else { number };
    IntentKey {
        till: tills[usize::from(number % 4)].map(|name| KeyName::new(name).unwrap()),
        idempotency_key: format!("key-{shared}").parse().unwrap(),
    }
}

/// An intent whose product is named, and whose amount is -1, or -2 with remarks.
pub(crate) fn intent(key_number: u8, product: u8, twice: bool, guarded: bool, now: u64) -> Intent {
    let update = Update {
        store_id: "north".parse().unwrap(),
        product_id: format!("product \"{product}\"").parse().unwrap(),
        delta: Adjustment::new(if twice { -2 } else { -1 }).unwrap(),
        version: guarded.then(|| Version::new(7).unwrap()),
        idempotency_key: None,
        reason: twice.then_some(Reason::Sale),
        note: twice.then(|| "two \"ä\"".parse().unwrap()),
        reference: twice.then(|| "order-7".parse().unwrap()),
        epoch: guarded.then(|| Epoch::from_random(7)),
    };
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let trace = twice.then(|| trace.parse().unwrap());
    Intent::new(key(key_number), update, at(now), trace)
}
