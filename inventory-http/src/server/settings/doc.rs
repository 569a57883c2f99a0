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
