//! Where central is.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use hyper::Uri;
use hyper::header::HeaderValue;

/// The port when the URL names none.
const PORT: u16 = 80;

/// The address of central: `http://host` or `http://host:port`, without a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CentralUrl {
    host: String,
    port: u16,
    authority: HeaderValue,
}

/// Why a text is not the address of central.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// It is no URL with a scheme and a host.
    #[error("must be a URL such as http://central:8080")]
    Malformed,
    /// It asks for encryption, which this client does not speak.
    #[error(
        "https is not spoken here: name an http:// address, and let a proxy or tunnel beside this process encrypt"
    )]
    Https,
    /// It has another scheme.
    #[error("must begin with http://")]
    Scheme,
    /// It has more than a host and a port.
    #[error("must have nothing but a host and a port: no user, path or query")]
    TooMuch,
}

impl CentralUrl {
    /// The host, as a resolver takes it.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Whether whoever calls it calls who listens here, as far as the two say it.
    pub fn leads_to(&self, address: SocketAddr) -> bool {
        let listens = address.ip();
        let host = match self.host.parse() {
            Ok(host) => host,
            Err(_) if self.host == "localhost" => IpAddr::from(Ipv4Addr::LOCALHOST),
            Err(_) => return false,
        };
        let here = host == listens
            || (host.is_loopback() && (listens.is_loopback() || listens.is_unspecified()));
        here && self.port == address.port()
    }

    /// The value of the header `Host`.
    pub(super) fn authority(&self) -> &HeaderValue {
        &self.authority
    }
}

impl FromStr for CentralUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        let uri: Uri = text.parse().map_err(|_| InvalidUrl::Malformed)?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err(InvalidUrl::Https),
            Some(_) => return Err(InvalidUrl::Scheme),
            None => return Err(InvalidUrl::Malformed),
        }
        let authority = uri.authority().ok_or(InvalidUrl::Malformed)?;
        let bare = uri.path() == "/" && uri.query().is_none() && !text.contains('#');
        if !bare || authority.as_str().contains('@') {
            return Err(InvalidUrl::TooMuch);
        }
        // Brackets belong to the URL, not to the address of version 6 within.
        let host = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']');
        let named = authority.as_str().len() > authority.host().len();
        let port = match authority.port_u16() {
            Some(0) => return Err(InvalidUrl::Malformed),
            Some(port) => port,
            None if named => return Err(InvalidUrl::Malformed),
            None => PORT,
        };
        if host.is_empty() {
            return Err(InvalidUrl::Malformed);
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            authority: HeaderValue::from_str(authority.as_str())
                .map_err(|_| InvalidUrl::Malformed)?,
        })
    }
}

impl fmt::Display for CentralUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self.authority.to_str().map_err(|_| fmt::Error)?;
        write!(f, "http://{authority}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        for (text, host, port) in [
            ("http://central:8080", "central", 8080),
            ("http://central/", "central", 80),
            ("HTTP://10.0.0.1", "10.0.0.1", 80),
            ("http://[::1]:9", "::1", 9),
        ] {
            let url: CentralUrl = text.parse().unwrap();
            assert_eq!((url.host(), url.port()), (host, port), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_for_its_reason() {
        for (text, reason) in [
            ("", InvalidUrl::Malformed),
            ("central:8080", InvalidUrl::Malformed),
            ("/inventory", InvalidUrl::Malformed),
            ("http://", InvalidUrl::Malformed),
            ("http://central:0", InvalidUrl::Malformed),
            ("http://central:70000", InvalidUrl::Malformed),
            ("https://central", InvalidUrl::Https),
            ("ftp://central", InvalidUrl::Scheme),
            ("http://me@central", InvalidUrl::TooMuch),
            ("http://central/v1", InvalidUrl::TooMuch),
            ("http://central?x", InvalidUrl::TooMuch),
            ("http://central#x", InvalidUrl::TooMuch),
        ] {
            assert_eq!(text.parse::<CentralUrl>(), Err(reason), "{text}");
        }
    }
}
