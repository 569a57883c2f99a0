//! What parameters may be, read naively from what is published of them.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};

use inventory_core::vocabulary::{ProductId, ReservationId, Sequence, StoreId, TransferId};
use inventory_http::server::{Param, ParamKind};
use inventory_http::wire::{AsOf, Cursor, KeyName, PageKey, schema};
use regex::Regex;

type Reservations = (Sequence, ReservationId);
type Transfers = (Sequence, TransferId);
type Alerts = (ProductId, StoreId);

/// Expressions that were compiled already: that takes longer than all else that is done with an input.
static COMPILED: LazyLock<Mutex<BTreeMap<&str, Regex>>> = LazyLock::new(Mutex::default);

/// The values of a query, in the order of their declaration, or the name that it is refused for.
pub(crate) fn expected_query(
    raw: Option<&str>,
    params: &[&'static Param],
) -> Result<Vec<(&'static str, String)>, String> {
    let mut values = BTreeMap::new();
    for pair in raw
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
    {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = form_decoded(name).ok_or_else(String::new)?;
        let place = params.iter().position(|param| param.name == name);
        let place = place.ok_or_else(|| name.clone())?;
        let value = form_decoded(value).filter(|value| is_declared(params[place], value));
        let value = value.ok_or_else(|| name.clone())?;
        if values.insert(place, (params[place].name, value)).is_some() {
            return Err(name);
        }
    }
    Ok(values.into_values().collect())
}

/// Whether a value is what the parameter's declaration says.
pub(crate) fn is_declared(param: &Param, value: &str) -> bool {
    match param.kind {
        ParamKind::Integer { min, max, .. } => {
            number(value).is_some_and(|number| (min..=max).contains(&number))
        }
        ParamKind::Choice(words) => words.contains(&value),
        ParamKind::Text {
            pattern, format, ..
        } => {
            let is_formed = match format {
                "" => true,
                schema::ID_FORMAT => value.parse::<ProductId>().is_ok(),
                <ProductId as PageKey>::FORMAT => is_cursor::<ProductId>(value),
                <Sequence as PageKey>::FORMAT => is_cursor::<Sequence>(value),
                Reservations::FORMAT => is_cursor::<Reservations>(value),
                Transfers::FORMAT => is_cursor::<Transfers>(value),
                Alerts::FORMAT => is_cursor::<Alerts>(value),
                schema::AS_OF_FORMAT => value.parse::<AsOf>().is_ok(),
                schema::ENCODED_NAME_FORMAT => {
                    decoded(value).is_some_and(|name| KeyName::new(&name).is_ok())
                }
                schema::ENCODED_ID_FORMAT => {
                    decoded(value).is_some_and(|id| StoreId::new(&id).is_ok())
                }
                _ => panic!("{format} is a format that nobody knows"),
            };
            is_formed && matches(pattern, value)
        }
    }
}

fn is_cursor<K: PageKey>(value: &str) -> bool {
    value.is_empty() || value.parse::<Cursor<K>>().is_ok()
}

/// The number that decimal digits say.
pub(crate) fn number(text: &str) -> Option<u64> {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(10)).collect();
    let mut digits = digits.filter(|digits| !digits.is_empty())?.into_iter();
    digits.try_fold(0_u64, |number, digit| {
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// What a pattern of paths matches, as an expression.
pub(crate) struct PathRule(Regex);

impl PathRule {
    pub(crate) fn new(pattern: &str) -> Self {
        let segments = pattern
            .split('/')
            .map(|segment| match segment.starts_with('{') {
                true => "([^/]+)".to_owned(),
                false => regex::escape(segment),
            });
        let segments: Vec<String> = segments.collect();
        let expression = format!("^{}$", segments.join("/"));
        Self(Regex::new(&expression).expect("segments are joined to an expression"))
    }

    /// The segments of a path that stand where the pattern has parameters.
    pub(crate) fn segments<'a>(&self, path: &'a str) -> Option<Vec<&'a str>> {
        let found = self.0.captures(path)?;
        let segments = found.iter().skip(1).flatten();
        Some(segments.map(|segment| segment.as_str()).collect())
    }
}

/// A percent-encoded text, if it is one.
pub(crate) fn decoded(raw: &str) -> Option<String> {
    let mut bytes = raw.bytes();
    let mut text = Vec::new();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                (digit()? * 16 + digit()?) as u8
            }
            byte => byte,
        };
        text.push(byte);
    }
    String::from_utf8(text).ok()
}

fn form_decoded(raw: &str) -> Option<String> {
    decoded(&raw.replace('+', " "))
}

fn matches(pattern: &'static str, value: &str) -> bool {
    let mut compiled = COMPILED.lock().expect("nobody panics and goes on");
    compiled
        .entry(pattern)
        .or_insert_with(|| Regex::new(pattern).expect("a published pattern is an expression"))
        .is_match(value)
}
