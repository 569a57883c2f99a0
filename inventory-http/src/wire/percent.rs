//! Texts in paths, parameters and headers.

use std::borrow::Cow;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// A text whose bytes are percent-encoded.
///
/// # Errors
///
/// Says what is wrong with it.
pub fn percent_decoded(raw: &str) -> Result<Cow<'_, str>, String> {
    if !raw.contains('%') {
        return Ok(Cow::Borrowed(raw));
    }
    let bytes = raw.as_bytes();
    for (at, _) in raw.match_indices('%') {
        let digits = bytes.get(at + 1..at + 3);
        if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            return Err("has a % that is not followed by two hexadecimal digits".to_owned());
        }
    }
    percent_decode_str(raw)
        .decode_utf8()
        .map_err(|_| "is not UTF-8".to_owned())
}

/// As [`percent_decoded`], of a header: whatever is not visible ASCII must be encoded there, blanks too.
///
/// # Errors
///
/// Says what is wrong with it.
pub fn header_decoded(raw: &str) -> Result<Cow<'_, str>, String> {
    match raw.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => percent_decoded(raw),
        false => Err("must be percent-encoded".to_owned()),
    }
}

/// A text as one segment of a path, as the value of a parameter, or in a header.
pub fn percent_encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_decoded_is_valid_or_refused() {
        assert_eq!(percent_decoded("a%2Fb%C3%A4").unwrap(), "a/bä");
        for bad in ["%", "%4", "%zz", "%+1", "%C3"] {
            assert!(percent_decoded(bad).is_err(), "{bad}");
            assert!(header_decoded(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_header_has_visible_ascii_alone_as_is_published() {
        assert_eq!(header_decoded("a%20b%2F\"c\"").unwrap(), "a b/\"c\"");
        for bad in ["a b", "a\tb", "bä", "a\u{7f}"] {
            assert!(header_decoded(bad).is_err(), "{bad:?}");
        }
    }
}
