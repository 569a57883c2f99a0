//! What is looked at of a request's head before anything else.

use hyper::header::{HOST, HeaderName, TRANSFER_ENCODING};
use hyper::{HeaderMap, Uri, Version};

use super::error::ApiError;
use super::limits::TARGET_BYTES_MAX;
use crate::wire::Code;

/// What hyper lets through and a proxy in front might read otherwise.
pub(super) fn check_framing(
    uri: &Uri,
    headers: &HeaderMap,
    version: Version,
) -> Result<(), ApiError> {
    let target_bytes = uri
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    if target_bytes > TARGET_BYTES_MAX {
        return Err(ApiError::new(
            Code::UriTooLong,
            format!("the request target has more than {TARGET_BYTES_MAX} bytes"),
        ));
    }
    let refuse =
        |field: HeaderName, issue: &str| Err(ApiError::field(field.as_str().to_owned(), issue));
    if version < Version::HTTP_2 {
        let mut hosts = headers.get_all(HOST).iter();
        match (hosts.next(), hosts.next()) {
            (Some(host), None) if !host.is_empty() => {}
            (None, _) if version < Version::HTTP_11 => {}
            _ => return refuse(HOST, "must be sent, once"),
        }
    }
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => {}
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => {}
        _ => return refuse(TRANSFER_ENCODING, "must be chunked, once"),
    }
    Ok(())
}
