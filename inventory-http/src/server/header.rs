//! Headers that a call reads: declared once, checked against the declaration, and published from it.

use hyper::HeaderMap;
use hyper::header::HeaderName;

use super::faults::Faults;
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

    /// Tells what is wrong with the header, unless it stands once at most, and is what was declared.
    pub(super) fn check(&self, headers: &HeaderMap, faults: &mut Faults) {
        let mut values = headers.get_all(&self.header).iter();
        let Some(value) = values.next() else {
            return;
        };
        let issue = match (values.next(), value.to_str()) {
            (Some(_), _) => Some("stands twice".to_owned()),
            (None, Err(_)) => Some("is not printable ASCII".to_owned()),
            (None, Ok(text)) => self.param.check(text).err(),
        };
        if let Some(issue) = issue {
            faults.push(self.param.name, issue);
        }
    }
}
