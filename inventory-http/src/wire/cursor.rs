//! Where the next page of a listing starts.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use inventory_core::vocabulary::ProductId;

/// First byte of a cursor, so that a later form can be told apart.
const FORM: u8 = 1;

/// The last product of a page. Opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The next page starts after it.
    pub after: ProductId,
}

/// A text is not a cursor that this service has given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a cursor that a listing has given")]
pub struct InvalidCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![FORM];
        bytes.extend_from_slice(self.after.as_str().as_bytes());
        f.write_str(&BASE64URL_NOPAD.encode(&bytes))
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let bytes = BASE64URL_NOPAD
            .decode(text.as_bytes())
            .map_err(|_| InvalidCursor)?;
        let Some((&FORM, id)) = bytes.split_first() else {
            return Err(InvalidCursor);
        };
        let id = std::str::from_utf8(id).map_err(|_| InvalidCursor)?;
        let after = ProductId::new(id).map_err(|_| InvalidCursor)?;
        Ok(Self { after })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is() {
        let cursor = Cursor {
            after: ProductId::new("tea/ä?").unwrap(),
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in ["", "AQ", "!!", "AnRlYQ", "AQAB", "AXRlYQ=="] {
            assert_eq!(bad.parse::<Cursor>(), Err(InvalidCursor), "{bad}");
        }
    }
}
