//! Names of products, stores, reservations and transfers.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_public_assigned;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

use super::name::{Name, named};

/// Longest id, in bytes of UTF-8.
pub const ID_BYTES_MAX: usize = 128;

/// Why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
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
    /// Clients take these two out of an address, so nobody could read what they name.
    #[error("is . or .., which no address can have")]
    Dots,
    /// Whoever reads the id would not see the blank, and take two names for one.
    #[error("begins or ends with a blank")]
    OuterBlank,
    /// Control characters would let an id forge lines in logs and terminals.
    #[error("has a control character at byte {at}")]
    ControlCharacter {
        /// Byte position of the first control character.
        at: usize,
    },
    /// Format characters, those without width, and blanks other than the space: two names would look like one.
    #[error("has U+{:04X} at byte {at}, which cannot be seen", u32::from(*.character))]
    Unseen {
        /// The first such character.
        character: char,
        /// Its byte position.
        at: usize,
    },
    /// Nobody knows what it is, or whether its text will still be in normal form once it is something.
    #[error("has U+{:04X} at byte {at}, which is no public character", u32::from(*.character))]
    Unassigned {
        /// The first such character.
        character: char,
        /// Its byte position.
        at: usize,
    },
    /// The same characters may be written in other bytes, which would be another name.
    #[error("is not in Unicode's normal form C")]
    NotNormalized,
}

/// What an id may be.
///
/// It is the same for good, so that a log that was written can be read: Unicode promises that a text of assigned characters
/// that is in normal form once is so in every later version.
fn check(text: &str) -> Result<(), InvalidId> {
    if text.is_empty() {
        return Err(InvalidId::Empty);
    }
    if text.len() > ID_BYTES_MAX {
        return Err(InvalidId::TooLong { bytes: text.len() });
    }
    if matches!(text, "." | "..") {
        return Err(InvalidId::Dots);
    }
    if text.starts_with(' ') || text.ends_with(' ') {
        return Err(InvalidId::OuterBlank);
    }
    // Nearly all ids are plain, and all of a log's are read at a start.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Ok(());
    }
    for (at, character) in text.char_indices() {
        check_character(at, character)?;
    }
    match text.nfc().eq(text.chars()) {
        true => Ok(()),
        false => Err(InvalidId::NotNormalized),
    }
}

fn check_character(at: usize, character: char) -> Result<(), InvalidId> {
    if character.is_control() {
        return Err(InvalidId::ControlCharacter { at });
    }
    if !is_public_assigned(character) {
        return Err(InvalidId::Unassigned { character, at });
    }
    let blank = character.is_whitespace() && character != ' ';
    let format = character.general_category() == GeneralCategory::Format;
    match blank || format || is_ignorable(character) {
        true => Err(InvalidId::Unseen { character, at }),
        false => Ok(()),
    }
}

/// Letters and marks that nothing is shown of: Unicode's `Default_Ignorable_Code_Point`, apart from format characters and
/// what is not assigned.
fn is_ignorable(character: char) -> bool {
    matches!(
        character,
        '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// 1 to [`ID_BYTES_MAX`] bytes of UTF-8 in normal form C, of characters that can be seen, without blanks at its ends;
        /// and neither `.` nor `..`. Clones share one allocation.
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
    use proptest::prelude::*;

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

    #[test]
    fn two_ids_that_look_alike_are_not_both_ids() {
        for good in [
            "TEA-1",
            "TEA 1",
            "caf\u{e9}",
            "\u{1f375}",
            "...",
            ".tea",
            "茶/緑",
            "Süd",
        ] {
            assert_eq!(ProductId::new(good).unwrap().as_str(), good);
        }
        for (bad, why) in [
            (" TEA-1", "begins or ends with a blank"),
            ("TEA-1 ", "begins or ends with a blank"),
            (" ", "begins or ends with a blank"),
            (".", "is . or .., which no address can have"),
            ("..", "is . or .., which no address can have"),
            (
                "\u{feff}TEA-1",
                "has U+FEFF at byte 0, which cannot be seen",
            ),
            (
                "TEA\u{200b}-1",
                "has U+200B at byte 3, which cannot be seen",
            ),
            (
                "TEA-1\u{200d}",
                "has U+200D at byte 5, which cannot be seen",
            ),
            ("TEA\u{a0}1", "has U+00A0 at byte 3, which cannot be seen"),
            (
                "TEA-1\u{3000}",
                "has U+3000 at byte 5, which cannot be seen",
            ),
            ("TEA\u{2028}1", "has U+2028 at byte 3, which cannot be seen"),
            ("\u{ad}TEA", "has U+00AD at byte 0, which cannot be seen"),
            ("\u{202e}AET", "has U+202E at byte 0, which cannot be seen"),
            ("TEA\u{fe0f}", "has U+FE0F at byte 3, which cannot be seen"),
            ("\u{3164}", "has U+3164 at byte 0, which cannot be seen"),
            ("a\u{e0041}", "has U+E0041 at byte 1, which cannot be seen"),
            (
                "a\u{e000}",
                "has U+E000 at byte 1, which is no public character",
            ),
            (
                "a\u{378}",
                "has U+0378 at byte 1, which is no public character",
            ),
            ("cafe\u{301}", "is not in Unicode's normal form C"),
            ("\u{212b}", "is not in Unicode's normal form C"),
            (
                "\u{1112}\u{1161}\u{11ab}",
                "is not in Unicode's normal form C",
            ),
        ] {
            let refused = ProductId::new(bad).map_err(|error| error.to_string());
            assert_eq!(refused, Err(why.to_owned()), "{bad:?}");
        }
    }

    proptest! {
        /// A blank or an invisible character that is put anywhere into an id makes it no id, or one that shows it.
        #[test]
        fn nothing_that_cannot_be_seen_is_in_an_id(text in "\\PC{0,8}", unseen in "\\p{Cf}", at in 0..9_usize) {
            let at = text.char_indices().map(|(at, _)| at).chain([text.len()]).nth(at);
            if let Some(at) = at {
                let text = [&text[..at], &unseen, &text[at..]].concat();
                prop_assert!(ProductId::new(&text).is_err(), "{:?}", text);
            }
            if let Ok(id) = ProductId::new(&text) {
                prop_assert_eq!(id.as_str().trim(), id.as_str());
                prop_assert!(id.as_str().nfc().eq(id.as_str().chars()));
            }
        }
    }
}
