//! The parameters in the path of a request.

use std::borrow::Cow;

use hyper::Uri;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::error::ApiError;
use super::router::{Spans, spans};

/// The parameters of a path, still encoded.
#[derive(Debug, Clone, Default)]
pub struct PathParams {
    uri: Uri,
    spans: Spans,
}

impl PathParams {
    /// The parameters of a path, if it matches a pattern such as `/inventory/{productId}`.
    ///
    /// # Panics
    ///
    /// The pattern is longer than that of a route may be.
    pub fn matching(pattern: &'static str, uri: Uri) -> Option<Self> {
        let spans = spans(pattern, uri.path())?;
        Some(Self::new(uri, spans))
    }

    pub(super) fn new(uri: Uri, spans: Spans) -> Self {
        Self { uri, spans }
    }

    /// The whole path, as it was sent.
    pub fn as_sent(&self) -> &str {
        self.uri.path()
    }

    /// The parameter at a position, decoded and parsed.
    ///
    /// # Errors
    ///
    /// It is not percent-encoded UTF-8, or not what it should be.
    pub fn parse<T>(
        &self,
        position: usize,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, ApiError> {
        let (start, end) = self.spans[position];
        let raw = &self.uri.path()[usize::from(start)..usize::from(end)];
        let text = decode(raw).map_err(|issue| ApiError::field(name, issue))?;
        parse(&text).map_err(|issue| ApiError::field(name, issue))
    }
}

/// A text whose bytes are percent-encoded.
///
/// # Errors
///
/// Says what is wrong with it.
pub(super) fn decode(raw: &str) -> Result<Cow<'_, str>, String> {
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

/// A text as one segment of a path, as the value of a parameter, or in a header.
pub fn percent_encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_parsed_by_its_position() {
        let uri = Uri::from_static("/inventory/a%2Fb?c=d");
        let params = PathParams::matching("/inventory/{productId}", uri.clone()).unwrap();
        let product = params.parse(0, "productId", |text| Ok(text.to_owned()));
        assert_eq!(product.unwrap(), "a/b");
        assert!(PathParams::matching("/inventory", uri).is_none());
    }

    #[test]
    fn what_is_decoded_is_valid_or_refused() {
        assert_eq!(decode("a%2Fb%C3%A4").unwrap(), "a/bä");
        for bad in ["%", "%4", "%zz", "%+1", "%C3"] {
            assert!(decode(bad).is_err(), "{bad}");
        }
    }
}
