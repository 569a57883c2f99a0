//! Names of products, stores, reservations and transfers.

use super::name::{Name, named};

/// Longest id, in bytes of UTF-8.
pub const ID_BYTES_MAX: usize = 128;

/// Why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// An id has at least one byte.
    #[error("is empty")]
    Empty,
    /// An id has at most [`ID_BYTES_MAX`] bytes.
    #[error("has {bytes} bytes, more than {ID_BYTES_MAX}")]
    TooLong {
        /// Length of the refused text in bytes.
        bytes: usize,
    },
    /// Control characters would let an id forge lines in logs and terminals.
    #[error("has a control character at byte {at}")]
    ControlCharacter {
        /// Byte position of the first control character.
        at: usize,
    },
}

fn check(text: &str) -> Result<(), InvalidId> {
    if text.is_empty() {
        return Err(InvalidId::Empty);
    }
    if text.len() > ID_BYTES_MAX {
        return Err(InvalidId::TooLong { bytes: text.len() });
    }
    match text.char_indices().find(|(_, c)| c.is_control()) {
        Some((at, _)) => Err(InvalidId::ControlCharacter { at }),
        None => Ok(()),
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// 1 to [`ID_BYTES_MAX`] bytes of UTF-8 without control characters. Clones share one allocation.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Name);

        impl $name {
            /// Parses an id.
            ///
            /// # Errors
            ///
            /// Says which rule the text breaks; nothing was kept of it.
            pub fn new(text: &str) -> Result<Self, InvalidId> {
                check(text)?;
                Ok(Self(Name::new(text)))
            }
        }

        named!($name, InvalidId);
    };
}

id! {
    /// Name of a product.
    ProductId
}

id! {
    /// Name of a store.
    StoreId
}

id! {
    /// Name of a reservation, given by whoever makes it.
    ReservationId
}

id! {
    /// Name of a transfer, given by whoever ships it.
    TransferId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_to_128_bytes_without_control_characters() {
        let longest = "ä".repeat(ID_BYTES_MAX / 2);
        assert_eq!(ProductId::new(&longest).unwrap().as_str(), longest);
        assert_eq!(ProductId::new(""), Err(InvalidId::Empty));
        assert_eq!(
            ProductId::new(&"x".repeat(129)),
            Err(InvalidId::TooLong { bytes: 129 })
        );
        for (text, at) in [("a\nb", 1), ("\0", 0), ("ab\u{7f}", 2), ("a\u{85}", 1)] {
            assert_eq!(
                StoreId::new(text),
                Err(InvalidId::ControlCharacter { at }),
                "{text:?}"
            );
        }
    }
}
