//! The key that central knows this caller by.

use std::fmt;
use std::str::FromStr;

use hyper::header::HeaderValue;

/// An API key. It is sent to central and shown to nobody: neither `Debug` nor an error has it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(HeaderValue);

/// A text is not an API key. Never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key must be 1 to {SECRET_BYTES_MAX} printable ASCII characters")]
pub struct InvalidSecret;

/// Longest key that central takes.
const SECRET_BYTES_MAX: usize = 256;

impl SecretKey {
    /// The value of the header `X-API-Key`.
    pub(super) fn header(&self) -> &HeaderValue {
        &self.0
    }
}

impl FromStr for SecretKey {
    type Err = InvalidSecret;

    fn from_str(text: &str) -> Result<Self, InvalidSecret> {
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
        if !printable || !(1..=SECRET_BYTES_MAX).contains(&text.len()) {
            return Err(InvalidSecret);
        }
        let mut value = HeaderValue::from_str(text).map_err(|_| InvalidSecret)?;
        value.set_sensitive(true);
        Ok(Self(value))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let key: SecretKey = "hush".parse().unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey(..)");
        assert!(!format!("{:?}", key.header()).contains("hush"));
        for bad in ["", "a b", "a\r\nb", "ä", &"k".repeat(257)] {
            assert_eq!(bad.parse::<SecretKey>(), Err(InvalidSecret), "{bad:?}");
        }
    }
}
