//! The keys that a service knows, and the file that they may be reread from while it runs.

use std::path::PathBuf;

use super::doc::InvalidSetting;
use crate::server::keys::{ApiKey, InvalidApiKey};

/// The keys that somebody has configured.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// All of them.
    pub list: Vec<ApiKey>,
    /// Where they were read; `None` when they are in a variable, which does not change while a process runs.
    pub file: Option<KeyFile>,
}

/// A file of keys: one a line; empty lines, and those that begin with `#`, say nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    /// The setting that names it.
    setting: &'static str,
    path: PathBuf,
    /// Whether others than those on this machine may call.
    exposed: bool,
}

impl KeyFile {
    pub(super) fn new(setting: &'static str, path: PathBuf, exposed: bool) -> Self {
        Self {
            setting,
            path,
            exposed,
        }
    }

    /// The keys that are in the file now.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or its keys cannot be used: names the setting and the line, never a key.
    pub fn read(&self) -> Result<Vec<ApiKey>, InvalidSetting> {
        let path = self.path.display();
        let text = std::fs::read_to_string(&self.path)
            .map_err(|error| self.refuse(format!("names {path}, which cannot be read: {error}")))?;
        self.parse(&text)
    }

    /// The keys of a text.
    pub(super) fn parse(&self, text: &str) -> Result<Vec<ApiKey>, InvalidSetting> {
        let lines = text.lines().map(str::trim).enumerate();
        let keys: Result<Vec<_>, _> = lines
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
            .map(|(at, line)| {
                let refuse = |error: InvalidApiKey| format!("line {}: {error}", at + 1);
                ApiKey::parse(line).map_err(|error| self.refuse(refuse(error)))
            })
            .collect();
        let keys = keys?;
        check(self.setting, &keys, self.exposed)?;
        Ok(keys)
    }

    fn refuse(&self, issue: String) -> InvalidSetting {
        InvalidSetting::new(self.setting, issue)
    }
}

/// Refuses keys that contradict each other, and one that everybody knows where others may call.
pub(super) fn check(
    setting: &'static str,
    keys: &[ApiKey],
    exposed: bool,
) -> Result<(), InvalidSetting> {
    ApiKey::check_all(keys)
        .map_err(|error| InvalidSetting::new(setting, format!("is refused: {error}")))?;
    if exposed && keys.iter().any(ApiKey::is_demo) {
        let issue = "has the key demo, which everybody knows, and BIND is not a loopback address: choose a key";
        return Err(InvalidSetting::new(setting, issue));
    }
    Ok(())
}
