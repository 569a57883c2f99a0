//! Whether a refused request can succeed later.

use super::*;

#[test]
fn every_refusal_says_whether_and_when_to_try_again() {
    let (line, product) = (Line(0), ProductId::new("tea").unwrap());
    let store = StoreId::new("north").unwrap();
    let (none, two) = (Quantity::ZERO, Version::new(2).unwrap());
    let current = Current {
        version: two,
        available: none,
        at_store: none,
    };
    let refusals = [
        (
            Rejection::KeyReused {
                first: Sequence::new(1),
                differs: Difference::Lines,
            },
            Retry::Never,
        ),
        (
            Rejection::Quarantined {
                line,
                product: product.clone(),
            },
            Retry::WhenCounted,
        ),
        (
            Rejection::StaleVersion {
                line,
                product: product.clone(),
                store: store.clone(),
                demanded: Version::NEVER_WRITTEN,
                current,
            },
            Retry::WithCurrentVersion,
        ),
        (
            Rejection::InsufficientStock {
                line,
                product: product.clone(),
                store: store.clone(),
                delta: Delta::new(-1).unwrap(),
                available: none,
            },
            Retry::WhenStockChanges,
        ),
        (
            Rejection::StockCeiling {
                line,
                product: product.clone(),
                store,
            },
            Retry::WhenStockChanges,
        ),
        (Rejection::VersionsExhausted { line, product }, Retry::Never),
    ];
    for (refusal, retry) in refusals {
        assert_eq!(refusal.retry(), retry, "{refusal}");
    }
}
