//! What there is to choose, and why a choice is refused.

use std::fmt;

/// A setting: its name, its default as it would be written, and what it does. The README's table is compared with it, and
/// the help of the programs is made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingDoc {
    /// The environment variable.
    pub name: &'static str,
    /// What it is when it is not set.
    pub default: &'static str,
    /// What it does.
    pub about: &'static str,
    /// Whether nobody may see what it is set to.
    pub secret: bool,
}

impl SettingDoc {
    /// A setting with its default and what it does.
    pub const fn new(name: &'static str, default: &'static str, about: &'static str) -> Self {
        Self {
            name,
            default,
            about,
            secret: false,
        }
    }

    /// The same, of a setting that holds keys.
    pub const fn secret(name: &'static str, default: &'static str, about: &'static str) -> Self {
        Self {
            secret: true,
            ..Self::new(name, default, about)
        }
    }

    /// The same with another default.
    pub const fn or(self, default: &'static str) -> Self {
        Self { default, ..self }
    }
}

macro_rules! of_any_service {
    ($($name:ident: $default:literal, $about:literal;)+) => {
        impl SettingDoc {
            $(
                #[doc = $about]
                pub const $name: Self = Self::new(stringify!($name), $default, $about);
            )+
        }
    };
}

of_any_service! {
    PORT: "", "port; 0 chooses a free one";
    BIND: "127.0.0.1", "address";
    STORE_RATE_TOKENS: "0", "the same for a key that is bound to stores";
    RATE_PERIOD: "60s", "the period";
    DRAIN: "5s", "after SIGTERM, how long `/readyz` says 503 while calls are served, before connections end";
    TLS_CERT_FILE: "", "certificates in the format PEM, the service's own first; with TLS_KEY_FILE it speaks HTTPS and nothing else; read again at SIGHUP";
    TLS_KEY_FILE: "", "the private key that belongs to TLS_CERT_FILE, in the format PEM; read again at SIGHUP";
    CONNECTIONS_MAX: "10000", "connections at once, and no more than the limit of open files allows";
    OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4317", "where spans and metrics go, over gRPC without TLS; `off` exports nothing";
    OTEL_SERVICE_NAME: "", "the name of this service there";
    OTEL_RESOURCE_ATTRIBUTES: "", "more attributes of this service there, as `name=value` with commas";
    TRACE_RATIO: "1", "share of the requests that are traced, unless a client with a key says whether";
    LOG_FORMAT: "text", "`text` or `json`";
    LOG_LEVEL: "info", "`error`, `warn`, `info`, `debug` or `trace`";
}

/// A setting is wrong. The message never holds a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSetting {
    name: &'static str,
    issue: String,
}

impl InvalidSetting {
    /// A setting, and what is wrong with it.
    pub fn new(name: &'static str, issue: impl Into<String>) -> Self {
        let issue = issue.into();
        Self { name, issue }
    }
}

impl fmt::Display for InvalidSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.issue)
    }
}

impl std::error::Error for InvalidSetting {}
