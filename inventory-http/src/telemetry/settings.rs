//! Where telemetry goes, and whose it is.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use hyper::Uri;
use percent_encoding::percent_decode_str;

/// Where telemetry goes.
#[derive(Debug, Clone, PartialEq)]
pub struct TelemetrySettings {
    /// The collector's OTLP port for gRPC; `None` exports nothing.
    pub collector: Option<CollectorAddress>,
    /// The name of this service.
    pub service: String,
    /// What else is said of whoever exports; what stands here counts in place of what is said of itself.
    pub attributes: ResourceAttributes,
    /// Whether the service encrypts what it serves: what is asked of it begins with https then.
    pub is_encrypted: bool,
    /// Share of requests that are traced when no client that is known says whether; 0 to 1.
    pub trace_ratio: f64,
    /// How often a missing collector is looked for, and metrics are sent.
    pub interval: Duration,
}

impl TelemetrySettings {
    /// What URLs of the service begin with.
    pub(super) fn scheme(&self) -> &'static str {
        match self.is_encrypted {
            true => "https",
            false => "http",
        }
    }
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectorAddress(String);

/// Why a text is not the address of a collector. Never holds the text, which may have a password in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCollector {
    /// It asks for encryption, which this exporter does not speak.
    #[error(
        "asks for https, which is not spoken here: name an http:// address, and let a collector beside this process encrypt"
    )]
    Https,
    /// It is something else.
    #[error(
        "must be off, or a host and a port as localhost:4317 or http://localhost:4317, and nothing more"
    )]
    Malformed,
}

impl FromStr for CollectorAddress {
    type Err = InvalidCollector;

    fn from_str(text: &str) -> Result<Self, InvalidCollector> {
        let malformed = |_| InvalidCollector::Malformed;
        let url = match text.contains("://") {
            true => text.to_owned(),
            false => format!("http://{text}"),
        };
        let url: Uri = url.parse().map_err(malformed)?;
        match url.scheme_str() {
            Some("http") => {}
            Some("https") => return Err(InvalidCollector::Https),
            _ => return Err(InvalidCollector::Malformed),
        }
        let authority = url.authority().ok_or(InvalidCollector::Malformed)?;
        let has_port = authority.port_u16().is_some_and(|port| port > 0);
        let bare = url.path() == "/" && url.query().is_none() && !text.contains('#');
        let plain = !authority.as_str().contains('@') && !authority.host().is_empty();
        match has_port && bare && plain {
            true => Ok(Self(authority.as_str().to_owned())),
            false => Err(InvalidCollector::Malformed),
        }
    }
}

impl fmt::Display for CollectorAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Attributes of whoever exports, as OTEL_RESOURCE_ATTRIBUTES has them: `name=value` with commas, values percent-encoded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResourceAttributes(Vec<(String, String)>);

/// A text is not a list of attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be name=value with commas between them, values percent-encoded")]
pub struct InvalidAttributes;

impl ResourceAttributes {
    /// The value of an attribute.
    pub fn value(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

impl FromStr for ResourceAttributes {
    type Err = InvalidAttributes;

    fn from_str(text: &str) -> Result<Self, InvalidAttributes> {
        let pairs = text
            .split(',')
            .map(str::trim)
            .filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').ok_or(InvalidAttributes)?;
            let value = percent_decode_str(value.trim()).decode_utf8();
            let (name, value) = (name.trim(), value.map_err(|_| InvalidAttributes)?);
            match name.is_empty() || value.is_empty() {
                true => Err(InvalidAttributes),
                false => Ok((name.to_owned(), value.into_owned())),
            }
        });
        pairs.collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_a_host_and_a_port_and_nothing_else_is_tried() {
        for (text, address) in [
            ("localhost:4317", "localhost:4317"),
            ("http://collector:4317/", "collector:4317"),
            ("[::1]:4317", "[::1]:4317"),
        ] {
            let parsed = text.parse::<CollectorAddress>();
            assert_eq!(
                parsed.map(|parsed| parsed.to_string()).as_deref(),
                Ok(address)
            );
        }
        let https = "https://collector:4317".parse::<CollectorAddress>();
        assert_eq!(https, Err(InvalidCollector::Https));
        for bad in [
            "",
            "collector",
            "collector:",
            "collector:0",
            "collector:70000",
            "http://collector",
            "http://collector:4317/v1/traces",
            "http://me:secret@collector:4317",
            "grpc://collector:4317",
            "a b:4317",
        ] {
            let parsed = bad.parse::<CollectorAddress>();
            assert_eq!(parsed, Err(InvalidCollector::Malformed), "{bad}");
        }
    }

    #[test]
    fn attributes_are_pairs_and_percent_encoded() {
        let parsed: ResourceAttributes = "a=1, b=x%2Cy ,".parse().unwrap();
        assert_eq!(
            (parsed.value("a"), parsed.value("b")),
            (Some("1"), Some("x,y"))
        );
        assert_eq!(parsed.value("c"), None);
        for bad in ["a", "a=", "=1", "a=1,b", "a=%ff"] {
            assert_eq!(
                bad.parse::<ResourceAttributes>(),
                Err(InvalidAttributes),
                "{bad}"
            );
        }
    }
}
