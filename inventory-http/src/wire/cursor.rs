//! Where the next page of a listing starts.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use inventory_core::vocabulary::{ProductId, ReservationId, Sequence, StoreId, TransferId};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What tells an item of one listing from the others: its place in the listing's order.
pub trait PageKey: Serialize + DeserializeOwned {
    /// The format of the listing's cursors in documents. Each cursor says it, so that no listing takes that of another one.
    const FORMAT: &'static str;
}

/// Products by their ids.
impl PageKey for ProductId {
    const FORMAT: &'static str = "product-cursor";
}

/// What has happened, the newest first: a page has only events before this one.
impl PageKey for Sequence {
    const FORMAT: &'static str = "history-cursor";
}

/// Reservations in the order in which they were opened; a request may open several.
impl PageKey for (Sequence, ReservationId) {
    const FORMAT: &'static str = "reservation-cursor";
}

/// Transfers in the order in which they were opened; a request may open several.
impl PageKey for (Sequence, TransferId) {
    const FORMAT: &'static str = "transfer-cursor";
}

/// Alerts by product and store.
impl PageKey for (ProductId, StoreId) {
    const FORMAT: &'static str = "alert-cursor";
}

/// Where the next page of a listing starts: after the item with this key. Opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor<K>(pub K);

/// A text is not a cursor that this listing has given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a cursor that this listing has given")]
pub struct InvalidCursor;

impl<K: PageKey> Cursor<K> {
    /// The cursor of an answer: empty where a listing ends.
    pub fn next(last: Option<K>) -> String {
        last.map_or_else(String::new, |last| Self(last).to_string())
    }
}

impl<K: PageKey> fmt::Display for Cursor<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_vec(&(K::FORMAT, &self.0)).expect("keys are texts and numbers");
        f.write_str(&BASE64URL_NOPAD.encode(&json))
    }
}

impl<K: PageKey> FromStr for Cursor<K> {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let json = BASE64URL_NOPAD.decode(text.as_bytes());
        let json = json.map_err(|_| InvalidCursor)?;
        let (format, key): (String, K) =
            serde_json::from_slice(&json).map_err(|_| InvalidCursor)?;
        // There is one way to write a cursor: as this service does.
        let cursor = Self(key);
        if format == K::FORMAT && cursor.to_string() == text {
            Ok(cursor)
        } else {
            Err(InvalidCursor)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(json: &str) -> String {
        BASE64URL_NOPAD.encode(json.as_bytes())
    }

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is() {
        let cursor = Cursor((
            Sequence::new(1 << 40),
            ReservationId::new("cart/ä?").unwrap(),
        ));
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in [
            "",
            "!!",
            "AXRlYQ==",
            &encoded("[]"),
            &encoded(r#"["reservation-cursor",[1,""]]"#),
            &encoded(r#"["reservation-cursor",[1]]"#),
            &encoded(r#"["reservation-cursor",[1,"cart"]]x"#),
            &encoded(r#"["reservation-cursor", [1,"cart"]]"#),
            &encoded(r#"["reservation-cursor",[1,"c\u0061rt"]]"#),
        ] {
            let parsed = bad.parse::<Cursor<(Sequence, ReservationId)>>();
            assert_eq!(parsed, Err(InvalidCursor), "{bad}");
        }
    }

    #[test]
    fn no_listing_takes_the_cursor_of_another_one() {
        let cursor = Cursor((Sequence::new(1), ReservationId::new("cart").unwrap()));
        let other = cursor.to_string().parse::<Cursor<(Sequence, TransferId)>>();
        assert_eq!(other, Err(InvalidCursor));
    }
}
