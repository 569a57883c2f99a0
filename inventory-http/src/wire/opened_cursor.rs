//! Where the next page of reservations, or of transfers, starts.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use inventory_core::vocabulary::{ID_BYTES_MAX, Sequence};

use super::InvalidCursor;

/// The last item of a page, in the order in which they were opened. Opaque to clients.
///
/// It begins with its form, so that no listing takes the cursor of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedCursor<const FORM: u8> {
    /// First position of the request that has opened it.
    pub opened: Sequence,
    /// Its name: a request may open several.
    pub id: String,
}

/// The last reservation of a page.
pub type ReservationCursor = OpenedCursor<3>;

/// The last transfer of a page.
pub type TransferCursor = OpenedCursor<4>;

impl<const FORM: u8> fmt::Display for OpenedCursor<FORM> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![FORM];
        bytes.extend_from_slice(&self.opened.number().to_be_bytes());
        bytes.extend_from_slice(self.id.as_bytes());
        f.write_str(&BASE64URL_NOPAD.encode(&bytes))
    }
}

impl<const FORM: u8> FromStr for OpenedCursor<FORM> {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes());
        let bytes = bytes.map_err(|_| InvalidCursor)?;
        let Some((form, rest)) = bytes.split_first() else {
            return Err(InvalidCursor);
        };
        let (opened, id) = rest.split_first_chunk().ok_or(InvalidCursor)?;
        let id = std::str::from_utf8(id).map_err(|_| InvalidCursor)?;
        if *form != FORM || !(1..=ID_BYTES_MAX).contains(&id.len()) {
            return Err(InvalidCursor);
        }
        Ok(Self {
            opened: Sequence::new(u64::from_be_bytes(*opened)),
            id: id.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is() {
        let cursor = ReservationCursor {
            opened: Sequence::new(1 << 40),
            id: "basket/ä?".to_owned(),
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor.clone()));
        let other: Result<TransferCursor, _> = cursor.to_string().parse();
        assert_eq!(other, Err(InvalidCursor));
        for bad in ["", "Aw", "AQAAAAAAAAAAcg", "AwAAAAAAAAAA", "!!"] {
            assert_eq!(
                bad.parse::<ReservationCursor>(),
                Err(InvalidCursor),
                "{bad}"
            );
        }
    }
}
