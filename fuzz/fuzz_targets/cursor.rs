#![no_main]
//! Texts that clients hand back as they got them: each names one thing, in one way, or is refused.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use inventory_core::vocabulary::{
    Chain, Epoch, Fingerprint, IdempotencyKey, ProductId, ReservationId, Sequence, StoreId,
    Timestamp, TraceParent,
};
use inventory_http::wire::Cursor;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    is_one_way_to_say_it::<Cursor<ProductId>>(text);
    is_one_way_to_say_it::<Cursor<(Sequence, ReservationId)>>(text);
    is_one_way_to_say_it::<Epoch>(text);
    is_one_way_to_say_it::<Chain>(text);
    is_one_way_to_say_it::<Fingerprint>(text);
    is_one_way_to_say_it::<TraceParent>(text);
    is_one_way_to_say_it::<IdempotencyKey>(text);
    is_one_way_to_say_it::<StoreId>(text);
    // A moment may be said without its fraction of a second.
    if let Ok(moment) = text.parse::<Timestamp>() {
        is_one_way_to_say_it::<Timestamp>(&moment.to_string());
        assert_eq!(moment.to_string().parse(), Ok(moment));
    }
    if let Some(after) = is_one_way_to_say_it::<ProductId>(text) {
        let cursor = Cursor(after);
        let written = cursor.to_string();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        assert!(
            written.bytes().all(is_plain),
            "a cursor stands in a query as it is: {written}"
        );
        assert_eq!(written.parse(), Ok(cursor));
    }
});

/// What a text says, which is written as that very text.
fn is_one_way_to_say_it<T: FromStr + Display + Debug>(text: &str) -> Option<T> {
    let said: T = text.parse().ok()?;
    assert_eq!(said.to_string(), text, "{said:?}");
    Some(said)
}
