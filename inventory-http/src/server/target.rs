//! The parameters in the path of a request.

use std::str::FromStr;

use hyper::Uri;

use super::error::ApiError;
use super::pattern::{Spans, spans};
use crate::wire::percent_decoded;

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
    pub fn parse<T: FromStr<Err: ToString>>(
        &self,
        position: usize,
        name: &'static str,
    ) -> Result<T, ApiError> {
        let (start, end) = self.spans[position];
        let raw = &self.uri.path()[usize::from(start)..usize::from(end)];
        let text = percent_decoded(raw).map_err(|issue| ApiError::field(name, issue))?;
        let parsed = text.parse();
        parsed.map_err(|error: T::Err| ApiError::field(name, error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_parsed_by_its_position() {
        let uri = Uri::from_static("/inventory/a%2Fb?c=d");
        let params = PathParams::matching("/inventory/{productId}", uri.clone()).unwrap();
        let product: Result<String, _> = params.parse(0, "productId");
        assert_eq!(product.unwrap(), "a/b");
        assert!(PathParams::matching("/inventory", uri).is_none());
    }
}
