//! Whether two images are the same.

use crate::machine::Image;

/// Asserts that two images say the same of the same ledger, in the same order.
///
/// # Panics
///
/// They do not; the message names the first part in which they differ.
pub fn assert_same_image(found: &Image, expected: &Image) {
    assert_eq!(found.head(), expected.head(), "head");
    let stores = |image: &Image| image.stores().cloned().collect::<Vec<_>>();
    assert_eq!(stores(found), stores(expected), "stores");
    assert_eq!(found.product_count(), expected.product_count(), "products");
    for (found, expected) in found.products().zip(expected.products()) {
        let id = expected.id();
        assert_eq!(found.id(), id, "order of the products");
        assert_eq!(found.version(), expected.version(), "version of {id}");
        assert_eq!(found.total(), expected.total(), "total of {id}");
        assert_eq!(found.updated_at(), expected.updated_at(), "time of {id}");
        assert_eq!(
            found.quarantined(),
            expected.quarantined(),
            "quarantine of {id}"
        );
        assert!(found.levels().eq(expected.levels()), "levels of {id}");
        assert!(
            found.counted_at().eq(expected.counted_at()),
            "counts of {id}"
        );
        assert!(found.alerts().eq(expected.alerts()), "alerts of {id}");
    }
    assert_eq!(
        found.unknown_before(),
        expected.unknown_before(),
        "what is unknown"
    );
    let reservations = |image: &Image| image.reservations().cloned().collect::<Vec<_>>();
    assert_eq!(reservations(found), reservations(expected), "reservations");
    assert!(found.lapsed().eq(expected.lapsed()), "lapsed holds");
    let transfers = |image: &Image| image.transfers().cloned().collect::<Vec<_>>();
    assert_eq!(transfers(found), transfers(expected), "transfers");
    assert_eq!(
        found.window_len(),
        expected.window_len(),
        "keys in the window"
    );
    for (found, expected) in found.window().zip(expected.window()) {
        assert_eq!(found, expected, "entry of the window");
    }
    assert_eq!(
        found.keys_forgotten(),
        expected.keys_forgotten(),
        "keys evicted early"
    );
    assert_eq!(found.buried(), expected.buried(), "buried positions");
}
