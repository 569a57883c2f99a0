//! Where central is.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use hyper::Uri;
use hyper::header::HeaderValue;
use tokio_rustls::rustls::pki_types::ServerName;

/// The port when the URL names none.
const PORT: u16 = 80;
const TLS_PORT: u16 = 443;

/// The address of central: `https://host` or `http://host:port`, without a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CentralUrl {
    host: String,
    port: u16,
    authority: HeaderValue,
    /// Whose certificate it has to show; `None` where nothing is encrypted.
    certified: Option<ServerName<'static>>,
}

/// Why a text is not the address of central.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// It is no URL with a scheme and a host.
    #[error("must be a URL such as http://central:8080 or https://central")]
    Malformed,
    /// It has another scheme.
    #[error("must begin with http:// or https://")]
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

    /// Whose certificate it has to show; `None` where nothing is encrypted.
    pub(super) fn certified(&self) -> Option<&ServerName<'static>> {
        self.certified.as_ref()
    }

    /// The URL with its port, also where that goes without saying.
    pub(super) fn with_port(&self) -> String {
        let (scheme, port) = (self.scheme(), self.port);
        // An address of version 6 has brackets in a URL, and none by itself.
        match self.host.contains(':') {
            true => format!("{scheme}://[{}]:{port}", self.host),
            false => format!("{scheme}://{}:{port}", self.host),
        }
    }

    fn scheme(&self) -> &'static str {
        match self.certified {
            Some(_) => "https",
            None => "http",
        }
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
        let is_encrypted = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            Some(_) => return Err(InvalidUrl::Scheme),
            None => return Err(InvalidUrl::Malformed),
        };
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
            None if is_encrypted => TLS_PORT,
            None => PORT,
        };
        if host.is_empty() {
            return Err(InvalidUrl::Malformed);
        }
        let certified = is_encrypted.then(|| ServerName::try_from(host.to_owned()));
        Ok(Self {
            certified: certified.transpose().map_err(|_| InvalidUrl::Malformed)?,
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
        write!(f, "{}://{authority}", self.scheme())
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
            ("https://central", "central", 443),
            ("https://[::1]:8443", "::1", 8443),
        ] {
            let url: CentralUrl = text.parse().unwrap();
            assert_eq!((url.host(), url.port()), (host, port), "{text}");
            let is_encrypted = text.starts_with("https");
            assert_eq!(url.certified().is_some(), is_encrypted, "{text}");
            let whole: CentralUrl = url.with_port().parse().unwrap();
            assert_eq!(whole.with_port(), url.with_port(), "{text}");
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
            ("https://-", InvalidUrl::Malformed),
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
