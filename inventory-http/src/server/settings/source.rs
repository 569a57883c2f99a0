//! Where the choices come from, and how each is parsed.

use std::fmt::{self, Display};
use std::str::FromStr;
use std::time::Duration;

use super::doc::{InvalidSetting, SettingDoc};
use super::duration::parse_duration;

/// Looks settings up: in what a program was started with, or in a test.
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

impl Source<'_> {
    /// Refuses what is set and empty: a typing mistake in a script makes that of a variable, and a default in its place
    /// might open a door that somebody has closed.
    pub(super) fn refuse_empty(&self) -> Result<(), InvalidSetting> {
        let is_empty = |setting: &&SettingDoc| {
            (self.lookup)(setting.name).is_some_and(|text| text.trim().is_empty())
        };
        match self.table.iter().find(is_empty) {
            Some(setting) => Err(InvalidSetting::new(
                setting.name,
                "is set, and empty: leave it out for its default",
            )),
            None => Ok(()),
        }
    }

    /// Whether somebody has set it.
    pub(super) fn is_set(&self, name: &'static str) -> bool {
        (self.lookup)(name).is_some()
    }

    /// A setting as it was written, or its default.
    pub(super) fn text(&self, name: &'static str) -> String {
        let known = self.table.iter().find(|setting| setting.name == name);
        let default = known.expect("every setting is in the table").default;
        (self.lookup)(name).unwrap_or_else(|| default.to_owned())
    }

    /// The settings that are not their defaults, as `NAME=value`; of keys only that they are.
    pub(super) fn chosen(&self) -> Vec<String> {
        let chosen = self.table.iter().filter_map(|setting| {
            let value = (self.lookup)(setting.name)?;
            match setting.secret {
                true => Some(format!("{}=(secret)", setting.name)),
                false => (value != setting.default).then(|| format!("{}={value}", setting.name)),
            }
        });
        chosen.collect()
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

    /// A setting that is parsed from its text, which may have a password in it and so is not shown.
    ///
    /// # Errors
    ///
    /// Says what is wrong.
    pub fn unshown<T: FromStr<Err: Display>>(
        &self,
        name: &'static str,
    ) -> Result<T, InvalidSetting> {
        let parsed = self.text(name).trim().parse();
        parsed.map_err(|error: T::Err| InvalidSetting::new(name, error.to_string()))
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

    /// A number that is neither too small nor too large to be meant.
    ///
    /// # Errors
    ///
    /// Says from where to where it may be.
    pub fn number_between<T: FromStr + PartialOrd + Display>(
        &self,
        name: &'static str,
        least: T,
        most: T,
    ) -> Result<T, InvalidSetting> {
        let must_be = format!("a number from {least} to {most}");
        let within = |number: &T| (&least..=&most).contains(&number);
        self.parse(name, |text| text.parse().ok().filter(within), &must_be)
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

    /// A duration that is neither too short nor too long to be meant. The bounds are written as settings are.
    ///
    /// # Errors
    ///
    /// Says from where to where it may be.
    ///
    /// # Panics
    ///
    /// A bound is no duration.
    pub fn duration_between(
        &self,
        name: &'static str,
        least: &str,
        most: &str,
    ) -> Result<Duration, InvalidSetting> {
        let bound = |text| parse_duration(text).expect("a bound is a number with a unit");
        let within = bound(least)..=bound(most);
        self.parse(
            name,
            |text| parse_duration(text).filter(|duration| within.contains(duration)),
            &format!("a time from {least} to {most}, as a number with ms, s, m, h or d"),
        )
    }
}
