//! The settings that every service of ours has.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::certificate::{CERTIFICATE, Certificate, KEY};
use super::doc::InvalidSetting;
use super::key_file::{self, KeyFile, Keys};
use super::source::Source;
use crate::server::keys::ApiKey;
use crate::server::limits::Limits;
use crate::server::quota::Quota;
use crate::telemetry::logs::LogFormat;
use crate::telemetry::{ResourceAttributes, TelemetrySettings};

/// How often metrics are sent, and a missing collector is looked for: rare enough to cost nothing, and often enough for a
/// graph.
const TELEMETRY_INTERVAL: Duration = Duration::from_secs(15);

/// More connections than any machine of today serves; what the limit of open files leaves is less in any case.
const CONNECTIONS_MOST: usize = 1_000_000;

/// Far beyond what a healthy disk takes to sync, and well within what clients and proxies wait for.
const DISK_PATIENCE: Duration = Duration::from_secs(5);

/// What any service of ours is run with.
#[derive(Debug, Clone)]
pub struct ServiceSettings {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where its files are.
    pub data_dir: PathBuf,
    /// Who may call.
    pub keys: Keys,
    /// How much a key may call.
    pub quota: Quota,
    /// What it shows to say who it is, when it encrypts.
    pub certificate: Option<Certificate>,
    /// What the server bounds.
    pub limits: Limits,
    /// How long the disk may take to make a group durable; then those who wait are answered that the outcome is unknown.
    pub disk_patience: Duration,
    /// How long calls are served once the service is told to stop, while it says that it will.
    pub drain: Duration,
    /// Where spans and metrics go.
    pub telemetry: TelemetrySettings,
    /// How and what is logged.
    pub logs: LogSettings,
    /// The settings that are not their defaults, for the log.
    pub chosen: Vec<String>,
}

/// How and what is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSettings {
    /// How.
    pub format: LogFormat,
    /// What: the least urgent level.
    pub level: &'static str,
}

impl Source<'_> {
    /// What any service is run with, whose keys are in a list or in a file: two settings that these are the names of.
    ///
    /// # Errors
    ///
    /// Names the first setting that is wrong, and says what it must be.
    ///
    /// # Panics
    ///
    /// The settings of the program do not have all of these.
    pub fn service(
        &self,
        list: &'static str,
        file: &'static str,
    ) -> Result<ServiceSettings, InvalidSetting> {
        self.refuse_empty()?;
        let address = self.address()?;
        Ok(ServiceSettings {
            address,
            data_dir: self.text("DATA_DIR").into(),
            keys: self.keys(list, file, address)?,
            quota: self.quota()?,
            certificate: self.certificate()?,
            limits: self.limits()?,
            disk_patience: DISK_PATIENCE,
            drain: self.duration_between("DRAIN", "0s", "1h")?,
            telemetry: self.telemetry()?,
            logs: self.logs()?,
            chosen: self.chosen(),
        })
    }

    /// The address to listen on.
    fn address(&self) -> Result<SocketAddr, InvalidSetting> {
        let port: u16 = self.number("PORT", "a port from 0 to 65535")?;
        let bind: IpAddr = self.number("BIND", "an IP address")?;
        Ok(SocketAddr::new(bind, port))
    }

    /// The keys of a list, or of the file that stands in its place; none when neither is there.
    fn keys(
        &self,
        list: &'static str,
        file: &'static str,
        address: SocketAddr,
    ) -> Result<Keys, InvalidSetting> {
        let exposed = !address.ip().is_loopback();
        if !self.is_set(file) {
            let text = self.text(list);
            if text.is_empty() {
                return Ok(Keys::default());
            }
            let keys = ApiKey::parse_list(&text)
                .map_err(|error| InvalidSetting::new(list, format!("is refused: {error}")))?;
            key_file::check(list, &keys, exposed)?;
            return Ok(Keys {
                list: keys,
                file: None,
            });
        }
        let refuse = |issue: String| InvalidSetting::new(file, issue);
        if self.is_set(list) {
            return Err(refuse(format!("and {list} are both set: set one")));
        }
        let path = self.text(file);
        let text = (self.read)(&path)
            .map_err(|error| refuse(format!("names {path}, which cannot be read: {error}")))?;
        let file = KeyFile::new(file, path.into(), exposed);
        Ok(Keys {
            list: file.parse(&text)?,
            file: Some(file),
        })
    }

    /// The certificate that the service shows, when it is to encrypt.
    fn certificate(&self) -> Result<Option<Certificate>, InvalidSetting> {
        match (self.is_set(CERTIFICATE), self.is_set(KEY)) {
            (false, false) => Ok(None),
            (true, true) => {
                Certificate::read(self.text(CERTIFICATE), self.text(KEY), self.read).map(Some)
            }
            (true, false) => Err(alone(CERTIFICATE, KEY)),
            (false, true) => Err(alone(KEY, CERTIFICATE)),
        }
    }

    /// How much a key may call.
    fn quota(&self) -> Result<Quota, InvalidSetting> {
        let most = u32::MAX;
        Ok(Quota {
            tokens: self.number_between("RATE_TOKENS", 0, most)?,
            store_tokens: self.number_between("STORE_RATE_TOKENS", 0, most)?,
            // Within less, a quota is none.
            period: self.duration_between("RATE_PERIOD", "1s", "1d")?,
        })
    }

    /// What the server bounds.
    fn limits(&self) -> Result<Limits, InvalidSetting> {
        Ok(Limits {
            connections_max: self.number_between("CONNECTIONS_MAX", 1, CONNECTIONS_MOST)?,
            ..Limits::default()
        })
    }

    /// Where spans and metrics go, and whose they are.
    fn telemetry(&self) -> Result<TelemetrySettings, InvalidSetting> {
        let endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
        let ratio = |text: &str| {
            let ratio = text.parse().ok();
            ratio.filter(|ratio| (0.0..=1.0).contains(ratio))
        };
        let name = "OTEL_SERVICE_NAME";
        let attributes: ResourceAttributes = self.unshown("OTEL_RESOURCE_ATTRIBUTES")?;
        let named = attributes
            .value("service.name")
            .filter(|_| !self.is_set(name));
        Ok(TelemetrySettings {
            service: named.map_or_else(|| self.text(name), str::to_owned),
            collector: match self.text(endpoint).trim() {
                "off" => None,
                _ => Some(self.unshown(endpoint)?),
            },
            attributes,
            is_encrypted: self.is_set(CERTIFICATE),
            trace_ratio: self.parse("TRACE_RATIO", ratio, "a number from 0 to 1")?,
            interval: TELEMETRY_INTERVAL,
        })
    }

    /// How and what is logged.
    fn logs(&self) -> Result<LogSettings, InvalidSetting> {
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

fn alone(set: &'static str, other: &str) -> InvalidSetting {
    InvalidSetting::new(set, format!("is set without {other}: set both, or neither"))
}
