//! Who is believed without a secret: programs and pages of this machine.
//!
//! A service that listens on loopback, and needs no key or one that everybody knows, is reached by every page that a browser on
//! this machine shows: directly, or once the page's own name leads to this machine. The browser says so in both cases.

use std::net::IpAddr;

use hyper::header::{HOST, HeaderName, HeaderValue, ORIGIN};
use hyper::{HeaderMap, Uri};

use super::error::ApiError;
use crate::wire::Code;

/// Checks that a request was meant for this machine, and was made by nothing but this machine, or by a page of an origin that
/// was named to this service.
///
/// # Errors
///
/// 403, naming the header that says otherwise.
pub(super) fn check(uri: &Uri, headers: &HeaderMap, is_named: bool) -> Result<(), ApiError> {
    let refuse = |header: HeaderName| {
        let message = "a service that needs no secret key answers this machine only: call it as localhost, or give it a key";
        let error = ApiError::new(Code::Forbidden, message);
        Err(error.with_detail(header.as_str().to_owned(), "does not name this machine"))
    };
    let asked = match uri.authority() {
        Some(authority) => is_loopback(authority.host()),
        None => headers.get(HOST).is_none_or(names_loopback),
    };
    if !asked {
        return refuse(HOST);
    }
    match is_named || headers.get_all(ORIGIN).iter().all(comes_from_loopback) {
        true => Ok(()),
        false => refuse(ORIGIN),
    }
}

/// Whether an authority is one of this machine.
fn names_loopback(value: &HeaderValue) -> bool {
    let authority: Option<hyper::http::uri::Authority> =
        value.to_str().ok().and_then(|text| text.parse().ok());
    authority.is_some_and(|authority| is_loopback(authority.host()))
}

/// Whether a page is one of this machine; one that does not say where it comes from is not.
fn comes_from_loopback(value: &HeaderValue) -> bool {
    let page: Option<Uri> = value.to_str().ok().and_then(|text| text.parse().ok());
    page.is_some_and(|page| page.scheme().is_some() && page.host().is_some_and(is_loopback))
}

fn is_loopback(host: &str) -> bool {
    const NAME: &[u8] = b"localhost";
    const UNDER_IT: &[u8] = b".localhost";
    let bytes = host.as_bytes();
    let under = bytes.len().checked_sub(UNDER_IT.len());
    if bytes.eq_ignore_ascii_case(NAME)
        || under.is_some_and(|at| bytes[at..].eq_ignore_ascii_case(UNDER_IT))
    {
        return true;
    }
    let address = host.trim_start_matches('[').trim_end_matches(']');
    address
        .parse::<IpAddr>()
        .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_asked_by_its_names_and_by_its_own_pages() {
        let uri = Uri::from_static("/");
        let allowed = |host: &str, origin: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(ORIGIN, origin.parse().unwrap());
            }
            check(&uri, &headers, false).is_ok()
        };
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1:8080",
            "[::1]:8080",
            "a.localhost",
        ] {
            assert!(allowed(host, None), "{host}");
            assert!(allowed(host, Some("http://localhost:3000")), "{host}");
            for origin in [
                "https://evil.example",
                "null",
                "http://localhost.evil.example",
            ] {
                assert!(!allowed(host, Some(origin)), "{host} {origin}");
            }
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "10.0.0.1",
            "192.168.0.7:8080",
        ] {
            assert!(!allowed(host, None), "{host}");
        }
        let absolute = Uri::from_static("http://evil.example/");
        assert!(check(&absolute, &HeaderMap::new(), false).is_err());
    }
}
