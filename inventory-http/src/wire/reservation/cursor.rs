//! Where the next page of reservations starts.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use inventory_core::vocabulary::{ReservationId, Sequence};

use crate::wire::InvalidCursor;

/// First byte of a cursor: no listing takes the cursor of another one.
const FORM: u8 = 3;

/// The last reservation of a page. Opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservationCursor {
    /// First position of the request that has made it.
    pub opened: Sequence,
    /// Its name: a request may make several.
    pub id: ReservationId,
}

impl fmt::Display for ReservationCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![FORM];
        bytes.extend_from_slice(&self.opened.number().to_be_bytes());
        bytes.extend_from_slice(self.id.as_str().as_bytes());
        f.write_str(&BASE64URL_NOPAD.encode(&bytes))
    }
}

impl FromStr for ReservationCursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes());
        let bytes = bytes.map_err(|_| InvalidCursor)?;
        let Some((&FORM, rest)) = bytes.split_first() else {
            return Err(InvalidCursor);
        };
        let (opened, id) = rest.split_first_chunk().ok_or(InvalidCursor)?;
        let id = std::str::from_utf8(id).map_err(|_| InvalidCursor)?;
        Ok(Self {
            opened: Sequence::new(u64::from_be_bytes(*opened)),
            id: ReservationId::new(id).map_err(|_| InvalidCursor)?,
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
            id: ReservationId::new("basket/ä?").unwrap(),
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in ["", "Aw", "AQAAAAAAAAAAcg", "AwAAAAAAAAAA", "!!"] {
            assert_eq!(
                bad.parse::<ReservationCursor>(),
                Err(InvalidCursor),
                "{bad}"
            );
        }
    }
}
