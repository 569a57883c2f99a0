//! Settings from the environment: looked up in a table that the README is compared with.

use std::env::VarError;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::keys::ApiKey;
use super::limits::Limits;
use super::quota::Quota;
use crate::telemetry::TelemetrySettings;
use crate::telemetry::logs::LogFormat;

/// How often metrics are sent, and a missing collector is looked for: rare enough to cost nothing, and often enough for a
/// graph.
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

impl SettingDoc {
    /// A setting with its default and what it does.
    pub const fn new(name: &'static str, default: &'static str, about: &'static str) -> Self {
        Self {
            name,
            default,
            about,
        }
    }

    /// A table as the help of a program shows it: a line for each setting.
    pub fn help(table: &[Self]) -> String {
        let lines = table.iter().map(
            |Self {
                 name,
                 default,
                 about,
             }| match *default {
                "" => format!("  {name}: {about}\n"),
                default => format!("  {name}: {about} [default: {default}]\n"),
            },
        );
        format!(
            "Settings are variables of the environment:\n{}",
            lines.collect::<String>().replace('`', "")
        )
    }
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

/// Looks settings up, in the environment of the process or in a test.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The settings that there are.
    pub table: &'static [SettingDoc],
    /// What a setting was set to.
    pub lookup: &'a dyn Fn(&str) -> Option<String>,
    /// Reads a file that a setting names.
    pub read: &'a dyn Fn(&str) -> std::io::Result<String>,
}

impl fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}

impl Source<'static> {
    /// The environment of the process.
    ///
    /// # Errors
    ///
    /// A setting of the table is not Unicode. To take it for one that is not set would open doors that somebody has closed.
    pub fn environment(table: &'static [SettingDoc]) -> Result<Self, InvalidSetting> {
        for setting in table {
            if let Err(VarError::NotUnicode(_)) = std::env::var(setting.name) {
                return Err(InvalidSetting::new(setting.name, "is not Unicode"));
            }
        }
        Ok(Self {
            table,
            lookup: &|name| std::env::var(name).ok(),
            read: &|path| std::fs::read_to_string(path),
        })
    }
}

impl Source<'_> {
    /// A setting as it was written, or its default.
    ///
    /// # Panics
    ///
    /// It is not in the table.
    pub fn text(&self, name: &'static str) -> String {
        let known = self.table.iter().find(|setting| setting.name == name);
        let default = known.expect("every setting is in the table").default;
        (self.lookup)(name).unwrap_or_else(|| default.to_owned())
    }

    /// The settings that are not their defaults, as `NAME=value`; of keys only that they are.
    pub fn chosen(&self) -> Vec<String> {
        let chosen = self.table.iter().filter_map(|setting| {
            let value = (self.lookup)(setting.name)?;
            let secret = setting.name.contains("API_KEY") && !setting.name.ends_with("_FILE");
            match secret {
                true => Some(format!("{}=(secret)", setting.name)),
                false => (value != setting.default).then(|| format!("{}={value}", setting.name)),
            }
        });
        chosen.collect()
    }

    /// The path of a directory.
    ///
    /// # Errors
    ///
    /// It is empty, which a typing mistake in a script makes of a variable.
    pub fn directory(&self, name: &'static str) -> Result<PathBuf, InvalidSetting> {
        let text = self.text(name);
        match text.trim().is_empty() {
            true => Err(InvalidSetting::new(
                name,
                "must be a directory, and is empty",
            )),
            false => Ok(text.into()),
        }
    }

    /// A setting that is parsed.
    ///
    /// # Errors
    ///
    /// Says what it must be.
    pub fn parse<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
        must_be: &str,
    ) -> Result<T, InvalidSetting> {
        let text = self.text(name);
        parse(text.trim())
            .ok_or_else(|| InvalidSetting::new(name, format!("must be {must_be}, and is {text:?}")))
    }

    /// A setting that is parsed from its text.
    ///
    /// # Errors
    ///
    /// Says what it must be.
    pub fn number<T: FromStr>(
        &self,
        name: &'static str,
        must_be: &str,
    ) -> Result<T, InvalidSetting> {
        self.parse(name, |text| text.parse().ok(), must_be)
    }

    /// A setting that is one of some words.
    ///
    /// # Errors
    ///
    /// Says which words there are.
    pub fn choice<T: Copy>(
        &self,
        name: &'static str,
        choices: &[(&str, T)],
    ) -> Result<T, InvalidSetting> {
        let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
        let chosen = |text: &str| {
            let found = choices.iter().find(|(word, _)| *word == text);
            found.map(|(_, choice)| *choice)
        };
        self.parse(name, chosen, &format!("one of {}", words.join(", ")))
    }

    /// A duration above zero.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn duration(&self, name: &'static str) -> Result<Duration, InvalidSetting> {
        self.parse(
            name,
            |text| parse_duration(text).filter(|duration| !duration.is_zero()),
            "a number above zero with ms, s, m, h or d, like 10s",
        )
    }

    /// A duration that may be zero.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn duration_or_zero(&self, name: &'static str) -> Result<Duration, InvalidSetting> {
        self.parse(
            name,
            parse_duration,
            "a number with ms, s, m, h or d, like 5s",
        )
    }

    /// The address to listen on: BIND and PORT.
    ///
    /// # Errors
    ///
    /// Names the one that is wrong.
    pub fn address(&self) -> Result<SocketAddr, InvalidSetting> {
        let port: u16 = self.number("PORT", "a port from 0 to 65535")?;
        let bind: IpAddr = self.number("BIND", "an IP address")?;
        Ok(SocketAddr::new(bind, port))
    }

    /// The keys of a list, or of the file that stands in its place.
    ///
    /// # Errors
    ///
    /// Names the setting, and the line of the file, that is wrong; never a key.
    pub fn keys(
        &self,
        list: &'static str,
        file: &'static str,
    ) -> Result<Vec<ApiKey>, InvalidSetting> {
        let path = self.text(file);
        if path.is_empty() {
            let keys = self.text(list);
            if keys.is_empty() && (self.lookup)(list).is_none() {
                return Ok(Vec::new());
            }
            return ApiKey::parse_list(&keys)
                .map_err(|error| InvalidSetting::new(list, error.to_string()));
        }
        let refuse = |issue: String| InvalidSetting::new(file, issue);
        if (self.lookup)(list).is_some() {
            return Err(refuse(format!("and {list} are both set: set one")));
        }
        let text = (self.read)(&path)
            .map_err(|error| refuse(format!("{path:?} cannot be read: {error}")))?;
        let lines = text.lines().map(str::trim).enumerate();
        lines
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
            .map(|(at, line)| {
                ApiKey::parse(line).map_err(|error| refuse(format!("line {}: {error}", at + 1)))
            })
            .collect()
    }

    /// How much a key may call: RATE_TOKENS, or STORE_RATE_TOKENS, in RATE_PERIOD.
    ///
    /// # Errors
    ///
    /// Names the one that is wrong.
    pub fn quota(&self) -> Result<Quota, InvalidSetting> {
        Ok(Quota {
            tokens: self.number("RATE_TOKENS", "a number of requests")?,
            store_tokens: self.number("STORE_RATE_TOKENS", "a number of requests")?,
            period: self.duration("RATE_PERIOD")?,
        })
    }

    /// What the server bounds: CONNECTIONS_MAX, and defaults.
    ///
    /// # Errors
    ///
    /// It is no number above zero.
    pub fn limits(&self) -> Result<Limits, InvalidSetting> {
        Ok(Limits {
            connections_max: self.parse(
                "CONNECTIONS_MAX",
                |text| text.parse().ok().filter(|&count: &usize| count > 0),
                "a number above zero",
            )?,
            ..Limits::default()
        })
    }

    /// Where spans and metrics go: OTEL_EXPORTER_OTLP_ENDPOINT and TRACE_RATIO.
    ///
    /// # Errors
    ///
    /// The ratio is none.
    pub fn telemetry(&self, service: &'static str) -> Result<TelemetrySettings, InvalidSetting> {
        let endpoint = self.text("OTEL_EXPORTER_OTLP_ENDPOINT");
        let ratio = |text: &str| {
            let ratio = text.parse().ok();
            ratio.filter(|ratio| (0.0..=1.0).contains(ratio))
        };
        Ok(TelemetrySettings {
            endpoint: (endpoint != "off").then_some(endpoint),
            service,
            trace_ratio: self.parse("TRACE_RATIO", ratio, "a number from 0 to 1")?,
            interval: TELEMETRY_INTERVAL,
        })
    }

    /// How and what is logged: LOG_FORMAT and LOG_LEVEL.
    ///
    /// # Errors
    ///
    /// Names the one that is wrong.
    pub fn logs(&self) -> Result<LogSettings, InvalidSetting> {
        Ok(LogSettings {
            format: self.choice(
                "LOG_FORMAT",
                &[("text", LogFormat::Text), ("json", LogFormat::Json)],
            )?,
            level: self.choice(
                "LOG_LEVEL",
                &["error", "warn", "info", "debug", "trace"].map(|level| (level, level)),
            )?,
        })
    }
}

/// How and what is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSettings {
    /// How.
    pub format: LogFormat,
    /// What: the least urgent level.
    pub level: &'static str,
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

#[cfg(test)]
mod tests {
    use super::*;

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
