//! Query parameters: declared once, checked against the declaration, and published from it.

use std::borrow::Cow;
use std::str::FromStr;

use super::error::ApiError;
use super::faults::Faults;
use crate::wire::percent_decoded;
use crate::wire::schema::ID_FORMAT;

/// What an id looks like, apart from its length in bytes.
const ID: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]+$";

/// A query parameter.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it does, for the published document.
    pub about: &'static str,
    /// What it may be.
    pub kind: ParamKind,
}

/// What a query parameter may be.
#[derive(Debug, Clone, Copy)]
pub enum ParamKind {
    /// Decimal digits.
    Integer {
        /// Smallest value.
        min: u64,
        /// Largest value.
        max: u64,
        /// What it is when it is absent.
        default: Option<u64>,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A text, with the regular expression that is published of it, and the check that decides.
    Text {
        /// The published expression.
        pattern: &'static str,
        /// The published format; empty for none.
        format: &'static str,
        /// Says what is wrong.
        check: fn(&str) -> Result<(), String>,
    },
}

impl Param {
    /// A parameter of decimal digits.
    pub const fn integer(
        name: &'static str,
        about: &'static str,
        min: u64,
        max: u64,
        default: Option<u64>,
    ) -> Self {
        Self {
            name,
            about,
            kind: ParamKind::Integer { min, max, default },
        }
    }

    /// A parameter that is one of some words.
    pub const fn choice(
        name: &'static str,
        about: &'static str,
        words: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            about,
            kind: ParamKind::Choice(words),
        }
    }

    /// A parameter that is a text, with what is published of it and the check that decides.
    pub const fn text(
        name: &'static str,
        about: &'static str,
        pattern: &'static str,
        format: &'static str,
        check: fn(&str) -> Result<(), String>,
    ) -> Self {
        Self {
            name,
            about,
            kind: ParamKind::Text {
                pattern,
                format,
                check,
            },
        }
    }

    /// A parameter that is a text which can be parsed, with what is published of it.
    pub const fn parsed<T: FromStr<Err: ToString>>(
        name: &'static str,
        about: &'static str,
        pattern: &'static str,
        format: &'static str,
    ) -> Self {
        Self::text(name, about, pattern, format, parses::<T>)
    }

    /// A parameter that is an id.
    pub const fn id<T: FromStr<Err: ToString>>(name: &'static str, about: &'static str) -> Self {
        Self::parsed::<T>(name, about, ID, ID_FORMAT)
    }

    /// Whether a text, decoded, is a value of the parameter.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it.
    pub fn check(&self, text: &str) -> Result<(), String> {
        match self.kind {
            ParamKind::Integer { min, max, .. } => match parse_integer(text) {
                Some(number) if (min..=max).contains(&number) => Ok(()),
                _ => Err(format!("must be an integer from {min} to {max}")),
            },
            ParamKind::Choice(words) if words.contains(&text) => Ok(()),
            ParamKind::Choice(words) => Err(format!("must be one of {}", words.join(", "))),
            ParamKind::Text { check, .. } => check(text),
        }
    }
}

/// Whether a text can be parsed; an error says what is wrong with it.
pub(super) fn parses<T: FromStr<Err: ToString>>(text: &str) -> Result<(), String> {
    let parsed = text.parse::<T>();
    parsed.map(drop).map_err(|error| error.to_string())
}

fn parse_integer(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// The parameters of one request: each is declared by its route, stands at most once, and is in its range.
#[derive(Debug, Clone, Default)]
pub struct Query {
    values: Vec<(&'static str, String)>,
}

impl Query {
    /// Parses the part of a request target after `?`.
    ///
    /// # Errors
    ///
    /// Names each parameter that is unknown, doubled or out of range.
    pub fn parse(raw: Option<&str>, declared: &[&'static Param]) -> Result<Self, ApiError> {
        let mut faults = Faults::default();
        let query = Self::read(raw, declared, &mut faults);
        faults.check().map(|()| query)
    }

    /// As [`parse`](Self::parse); what is wrong goes to the other faults of the request.
    pub(super) fn read(
        raw: Option<&str>,
        declared: &[&'static Param],
        faults: &mut Faults,
    ) -> Self {
        let mut query = Self::default();
        let pairs = raw.unwrap_or_default().split('&');
        for pair in pairs.filter(|pair| !pair.is_empty()) {
            if let Err((field, issue)) = query.take(pair, declared)
                && !faults.push(field, issue)
            {
                break;
            }
        }
        query
    }

    /// Takes a pair over, or says what is wrong with which parameter.
    fn take(
        &mut self,
        pair: &str,
        declared: &[&'static Param],
    ) -> Result<(), (Cow<'static, str>, String)> {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = form_decoded(name).map_err(|issue| ("".into(), issue))?;
        let Some(param) = declared.iter().find(|param| param.name == name) else {
            return Err((name.into(), "is not a parameter of this call".to_owned()));
        };
        let refuse = |issue: String| (param.name.into(), issue);
        if self.values.iter().any(|(known, _)| *known == param.name) {
            return Err(refuse("stands twice".to_owned()));
        }
        let value = form_decoded(value).map_err(refuse)?;
        param.check(&value).map_err(refuse)?;
        self.values.push((param.name, value));
        Ok(())
    }

    /// A text, when it is there.
    pub fn text(&self, param: &Param) -> Option<&str> {
        let value = self.values.iter().find(|(name, _)| *name == param.name);
        value.map(|(_, value)| value.as_str())
    }

    /// An integer, or its default.
    pub fn integer(&self, param: &Param) -> Option<u64> {
        let given = self.text(param).and_then(parse_integer);
        match param.kind {
            ParamKind::Integer { default, .. } => given.or(default),
            ParamKind::Choice(_) | ParamKind::Text { .. } => given,
        }
    }
}

/// Decodes as forms are encoded: `+` is a space.
fn form_decoded(raw: &str) -> Result<String, String> {
    let spaced = match raw.contains('+') {
        true => Cow::Owned(raw.replace('+', " ")),
        false => Cow::Borrowed(raw),
    };
    percent_decoded(&spaced).map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Param = Param {
        name: "limit",
        about: "",
        kind: ParamKind::Integer {
            min: 1,
            max: 1_000,
            default: Some(50),
        },
    };

    #[test]
    fn a_parameter_is_what_was_declared_or_its_default() {
        let limit = |raw| Query::parse(raw, &[&LIMIT]).map(|query| query.integer(&LIMIT));
        assert_eq!(limit(None), Ok(Some(50)));
        assert_eq!(limit(Some("limit=7")), Ok(Some(7)));
        for bad in [
            "limit=0",
            "limit=1001",
            "limit=",
            "limit",
            "limit=-1",
            "limit=%2B5",
            "limit=1e2",
            "limit=1.0",
            "limit=7&limit=7",
            "Limit=7",
            "other=1",
            "limit=%ff",
            "limit=99999999999999999999",
            "%=1",
        ] {
            assert!(limit(Some(bad)).is_err(), "{bad}");
        }
    }
}
