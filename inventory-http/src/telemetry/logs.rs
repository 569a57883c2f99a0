//! Logs: one line an event, to the standard error. Never a key, never a head.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use inventory_core::vocabulary::Timestamp;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::util::SubscriberInitExt as _;

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one object a line.
    Json,
}

/// Time as everywhere else: RFC 3339, UTC, milliseconds.
struct Utc;

impl FormatTime for Utc {
    fn format_time(&self, out: &mut Writer<'_>) -> fmt::Result {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let millis = since.map_or(0, |since| since.as_millis() as u64);
        let now = Timestamp::from_millis(millis).unwrap_or(Timestamp::UNIX_EPOCH);
        write!(out, "{now}")
    }
}

/// Writes what this process logs, of a level and above. Returns whether it does: somebody else may have been first.
pub fn install(format: LogFormat, level: &str) -> bool {
    let filter = format!(
        "warn,central={level},store={level},inventory_http={level},inventory_store={level}"
    );
    let builder = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_timer(Utc)
        .with_env_filter(EnvFilter::new(filter));
    let installed = match format {
        LogFormat::Text => builder.with_ansi(false).finish().try_init(),
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init(),
    };
    installed.is_ok()
}
