//! Headers that a call reads: declared once, checked against the declaration, and published from it.

use hyper::HeaderMap;
use hyper::header::HeaderName;

use super::error::ApiError;
use super::query::Param;

/// A header that a call reads.
#[derive(Debug)]
pub struct HeaderParam {
    /// Its name, as it is looked up.
    pub header: HeaderName,
    /// What it may be, with the name as people write it.
    pub param: Param,
}

impl HeaderParam {
    /// The header, when it is there; it was checked.
    pub(super) fn of<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        headers.get(&self.header)?.to_str().ok()
    }

    /// Whether the header stands once at most, and is what was declared.
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let mut values = headers.get_all(&self.header).iter();
        let Some(value) = values.next() else {
            return Ok(());
        };
        let refuse = |issue: String| ApiError::field(self.param.name, issue);
        if values.next().is_some() {
            return Err(refuse("stands twice".to_owned()));
        }
        let text = value.to_str();
        let text = text.map_err(|_| refuse("is not printable ASCII".to_owned()))?;
        self.param.check(text).map_err(refuse)
    }
}
