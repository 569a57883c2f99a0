//! What an operator chooses, from the environment.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use inventory_core::engine::{self, Recovery};
use inventory_core::machine::WindowLimits;

use crate::kit::{ApiKey, Limits, Quota};
use crate::telemetry::logs::LogFormat;

/// Rare enough to cost nothing, and often enough for a graph.
const TELEMETRY_INTERVAL: Duration = Duration::from_secs(15);

/// A setting: its name, its default as it would be written, and what it does. The README's table is compared with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingDoc {
    /// The environment variable.
    pub name: &'static str,
    /// What it is when it is not set.
    pub default: &'static str,
    /// What it does.
    pub about: &'static str,
}

const fn setting(name: &'static str, default: &'static str, about: &'static str) -> SettingDoc {
    SettingDoc {
        name,
        default,
        about,
    }
}

/// Every setting of central.
pub const SETTINGS: &[SettingDoc] = &[
    setting("PORT", "8080", "port; 0 chooses a free one"),
    setting("BIND", "127.0.0.1", "address"),
    setting("DATA_DIR", "./data", "directory of log and snapshots"),
    setting(
        "API_KEYS",
        "demo",
        "`key`, `key=reader`, `key=admin`, `key=store:a+b`, with commas; a bare key may do everything",
    ),
    setting(
        "API_KEYS_FILE",
        "",
        "the same, one a line, in place of API_KEYS; `sha256:DIGEST` may stand for a key",
    ),
    setting("SNAPSHOT_INTERVAL", "10s", "how often a snapshot is taken"),
    setting(
        "RATE_TOKENS",
        "100",
        "requests of a key in a period; 0 is no limit",
    ),
    setting("RATE_PERIOD", "60s", "the period"),
    setting(
        "RETAIN_EVENTS",
        "0",
        "events kept once a snapshot covers them; 0 keeps all",
    ),
    setting("IDEMPOTENCY_WINDOW", "7d", "how long a key is remembered"),
    setting(
        "IDEMPOTENCY_MAX_KEYS",
        "1000000",
        "how many keys are remembered",
    ),
    setting(
        "RECOVERY",
        "strict",
        "damaged data refuses the start, or `quarantine` goes on with what is left",
    ),
    setting("CONNECTIONS_MAX", "10000", "connections at once"),
    setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "localhost:4317",
        "where spans and metrics go; `off` exports nothing",
    ),
    setting(
        "TRACE_RATIO",
        "1",
        "share of the requests that are traced when their client does not say",
    ),
    setting("LOG_FORMAT", "text", "`text` or `json`"),
    setting(
        "LOG_LEVEL",
        "info",
        "`error`, `warn`, `info`, `debug` or `trace`",
    ),
];

/// What central is run with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where its files are.
    pub data_dir: PathBuf,
    /// Who may call.
    pub keys: Vec<ApiKey>,
    /// How often a snapshot is taken.
    pub snapshot_interval: Duration,
    /// How much a key may call.
    pub quota: Quota,
    /// How the engine is run.
    pub engine: engine::Settings,
    /// What the server bounds.
    pub limits: Limits,
    /// Where spans and metrics go; `None` is nowhere.
    pub otlp_endpoint: Option<String>,
    /// Share of requests that are traced.
    pub trace_ratio: f64,
    /// How often metrics are sent, and a missing collector is looked for. The environment does not say.
    pub telemetry_interval: Duration,
    /// How logs are written.
    pub log_format: LogFormat,
    /// What is logged.
    pub log_level: String,
}

/// A setting is wrong. The message never holds a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSetting {
    name: &'static str,
    issue: String,
}

impl fmt::Display for InvalidSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.issue)
    }
}

impl std::error::Error for InvalidSetting {}

/// Looks settings up.
struct Source<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
}

impl Source<'_> {
    fn text(&self, name: &'static str) -> String {
        let known = SETTINGS.iter().find(|setting| setting.name == name);
        let default = known.expect("every setting is in the table").default;
        (self.lookup)(name).unwrap_or_else(|| default.to_owned())
    }

    fn parse<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
        must_be: &str,
    ) -> Result<T, InvalidSetting> {
        let text = self.text(name);
        parse(text.trim()).ok_or_else(|| InvalidSetting {
            name,
            issue: format!("must be {must_be}, and is {text:?}"),
        })
    }

    fn number<T: FromStr>(&self, name: &'static str, must_be: &str) -> Result<T, InvalidSetting> {
        self.parse(name, |text| text.parse().ok(), must_be)
    }

    fn duration(&self, name: &'static str) -> Result<Duration, InvalidSetting> {
        self.parse(
            name,
            |text| parse_duration(text).filter(|duration| !duration.is_zero()),
            "a number above zero with ms, s, m, h or d, like 10s",
        )
    }

    fn keys(
        &self,
        read: &dyn Fn(&str) -> std::io::Result<String>,
    ) -> Result<Vec<ApiKey>, InvalidSetting> {
        let file = self.text("API_KEYS_FILE");
        if file.is_empty() {
            return ApiKey::parse_list(&self.text("API_KEYS"))
                .map_err(|error| invalid("API_KEYS", error.to_string()));
        }
        if (self.lookup)("API_KEYS").is_some() {
            return Err(invalid(
                "API_KEYS_FILE",
                "and API_KEYS are both set: set one",
            ));
        }
        let text = read(&file).map_err(|error| {
            invalid("API_KEYS_FILE", format!("{file:?} cannot be read: {error}"))
        })?;
        let lines = text.lines().map(str::trim).enumerate();
        lines
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
            .map(|(at, line)| {
                ApiKey::parse(line)
                    .map_err(|error| invalid("API_KEYS_FILE", format!("line {}: {error}", at + 1)))
            })
            .collect()
    }
}

fn invalid(name: &'static str, issue: impl Into<String>) -> InvalidSetting {
    let issue = issue.into();
    InvalidSetting { name, issue }
}

/// A number with its unit.
fn parse_duration(text: &str) -> Option<Duration> {
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit);
    let number: u64 = number.parse().ok()?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

impl Settings {
    /// The settings that the environment of the process says.
    ///
    /// # Errors
    ///
    /// Names the first setting that is wrong, and says what it must be.
    pub fn from_environment() -> Result<Self, InvalidSetting> {
        let read = |path: &str| std::fs::read_to_string(path);
        Self::from_lookup(&|name| std::env::var(name).ok(), &read)
    }

    /// As [`Settings::from_environment`], from any source.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn from_lookup(
        lookup: &dyn Fn(&str) -> Option<String>,
        read: &dyn Fn(&str) -> std::io::Result<String>,
    ) -> Result<Self, InvalidSetting> {
        let source = Source { lookup };
        let port: u16 = source.number("PORT", "a port from 0 to 65535")?;
        let bind: IpAddr = source.number("BIND", "an IP address")?;
        let keys = source.keys(read)?;
        if !bind.is_loopback() && keys.iter().any(ApiKey::is_demo) {
            let issue = "has the key demo, which everybody knows, and BIND is not a loopback address: choose a key";
            return Err(invalid("API_KEYS", issue));
        }
        let retain: u64 = source.number("RETAIN_EVENTS", "a number of events")?;
        let recovery = source.parse(
            "RECOVERY",
            |text| match text {
                "strict" => Some(Recovery::Strict),
                "quarantine" => Some(Recovery::Quarantine),
                _ => None,
            },
            "strict or quarantine",
        )?;
        let keys_max = source.number("IDEMPOTENCY_MAX_KEYS", "a number of keys")?;
        let endpoint = source.text("OTEL_EXPORTER_OTLP_ENDPOINT");
        Ok(Self {
            address: SocketAddr::new(bind, port),
            data_dir: source.text("DATA_DIR").into(),
            keys,
            snapshot_interval: source.duration("SNAPSHOT_INTERVAL")?,
            quota: Quota {
                tokens: source.number("RATE_TOKENS", "a number of requests")?,
                period: source.duration("RATE_PERIOD")?,
            },
            engine: engine::Settings {
                window: WindowLimits {
                    age_ms: source.duration("IDEMPOTENCY_WINDOW")?.as_millis() as u64,
                    keys_max,
                },
                retain_events: (retain > 0).then_some(retain),
                recovery,
            },
            limits: Limits {
                connections_max: source.parse(
                    "CONNECTIONS_MAX",
                    |text| text.parse().ok().filter(|&count: &usize| count > 0),
                    "a number above zero",
                )?,
                ..Limits::default()
            },
            otlp_endpoint: (endpoint != "off").then_some(endpoint),
            trace_ratio: source.parse(
                "TRACE_RATIO",
                |text| {
                    text.parse()
                        .ok()
                        .filter(|ratio| (0.0..=1.0).contains(ratio))
                },
                "a number from 0 to 1",
            )?,
            telemetry_interval: TELEMETRY_INTERVAL,
            log_format: source.parse(
                "LOG_FORMAT",
                |text| match text {
                    "text" => Some(LogFormat::Text),
                    "json" => Some(LogFormat::Json),
                    _ => None,
                },
                "text or json",
            )?,
            log_level: source.parse(
                "LOG_LEVEL",
                |text| {
                    let levels = ["error", "warn", "info", "debug", "trace"];
                    levels.contains(&text).then(|| text.to_owned())
                },
                "error, warn, info, debug or trace",
            )?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let lookup = |name: &str| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let read = |_: &str| Ok("# who\n\nsecret=reader\nsha256:00\n".to_owned());
        Settings::from_lookup(&lookup, &read).map_err(|error| error.to_string())
    }

    #[test]
    fn without_an_environment_the_defaults_count() {
        let settings = from(&[]).unwrap();
        assert_eq!(settings.address.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.snapshot_interval, Duration::from_secs(10));
        assert_eq!(settings.engine, engine::Settings::default());
        assert_eq!(settings.otlp_endpoint.as_deref(), Some("localhost:4317"));
    }

    #[test]
    fn what_is_wrong_is_said_in_a_sentence() {
        for (name, value, says) in [
            ("PORT", "65536", "PORT must be a port"),
            ("BIND", "localhost", "BIND must be an IP address"),
            ("BIND", "0.0.0.0", "the key demo"),
            ("SNAPSHOT_INTERVAL", "10", "SNAPSHOT_INTERVAL must be"),
            ("SNAPSHOT_INTERVAL", "0s", "above zero"),
            ("RATE_PERIOD", "1y", "ms, s, m, h or d"),
            ("API_KEYS", "", "a key must be"),
            ("API_KEYS", "a,b=owner", "a role must be"),
            ("API_KEYS_FILE", "f", "line 4: a digest must be"),
            ("RECOVERY", "yes", "strict or quarantine"),
            ("TRACE_RATIO", "2", "from 0 to 1"),
            ("LOG_FORMAT", "xml", "text or json"),
        ] {
            let said = from(&[(name, value)]).unwrap_err();
            assert!(said.contains(says), "{name}={value}: {said}");
        }
    }

    #[test]
    fn a_duration_is_a_number_with_a_unit() {
        for (text, millis) in [
            ("250ms", 250),
            ("10s", 10_000),
            ("7d", 604_800_000),
            ("2h", 7_200_000),
        ] {
            assert_eq!(parse_duration(text), Some(Duration::from_millis(millis)));
        }
        for bad in [
            "",
            "10",
            "s",
            "-1s",
            "1.5s",
            "1 s",
            "99999999999999999999s",
            "999999999999999999d",
        ] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }
}
