//! What a published schema says of a value, and whether a value is so.

use std::fmt;

use inventory_core::vocabulary::{IdempotencyKey, ProductId};
use serde_json::Value;

use crate::wire::KeyName;
use crate::wire::schema::{ID_FORMAT, KEY_FORMAT, NAME_FORMAT};

/// Whether the type that a schema says, or the list of them, has a kind of value.
pub(super) fn has_kind(kinds: &Value, kind: &str) -> bool {
    let mut list = kinds.as_array().into_iter().flatten();
    kinds == kind || list.any(|known| known == kind)
}

/// A schema, and those that it refers to: what any of them says counts.
pub(super) struct Shape<'a>(Vec<&'a Value>);

impl<'a> Shape<'a> {
    pub(super) fn of(root: &'a Value, schema: &'a Value) -> Self {
        let mut members = vec![schema];
        let mut next = 0;
        while let Some(&member) = members.get(next) {
            let reference = member.get("$ref").and_then(Value::as_str);
            let reference = reference.and_then(|text| root.pointer(text.strip_prefix('#')?));
            members.extend(reference);
            next += 1;
        }
        Self(members)
    }

    pub(super) fn get(&self, keyword: &str) -> Option<&'a Value> {
        self.0.iter().find_map(|member| member.get(keyword))
    }

    pub(super) fn number(&self, keyword: &str) -> Option<i128> {
        let number = self.get(keyword)?;
        let signed = number.as_i64().map(i128::from);
        signed.or_else(|| number.as_u64().map(i128::from))
    }

    pub(super) fn takes(&self, kind: &str) -> bool {
        let kinds = self.get("type");
        kinds.is_none_or(|kinds| has_kind(kinds, kind))
    }

    pub(super) fn property(&self, name: &str) -> Option<&'a Value> {
        let of_member = |member: &&'a Value| member.get("properties")?.get(name);
        self.0.iter().find_map(of_member)
    }

    /// The fields that must be there.
    pub(super) fn required(&self) -> impl Iterator<Item = &'a str> {
        let lists = self
            .0
            .iter()
            .filter_map(|member| member.get("required")?.as_array());
        lists.flatten().filter_map(Value::as_str)
    }

    fn choices(&self) -> Vec<&'a str> {
        let choices = self.get("enum").and_then(Value::as_array);
        choices
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    /// What a value must be, in a sentence.
    pub(super) fn sentence(&self) -> String {
        let (least, most) = (self.number("minimum"), self.number("maximum"));
        let choices = self.choices();
        let mut sentence = if !choices.is_empty() {
            format!("must be one of {}", choices.join(", "))
        } else if self.takes("object") {
            "must be an object".to_owned()
        } else if self.takes("array") {
            format!("must be a list of {}", self.length("rows"))
        } else if self.takes("boolean") {
            "must be true or false".to_owned()
        } else if self.takes("integer") {
            match (least, most) {
                (Some(least), Some(most)) => format!("must be an integer from {least} to {most}"),
                (Some(least), None) => format!("must be an integer from {least} on"),
                (None, _) => "must be an integer".to_owned(),
            }
        } else {
            format!(
                "must be a text of {} on one line",
                self.length("characters")
            )
        };
        if self.forbids(0) {
            sentence.push_str(", and not 0");
        }
        if self.takes("null") {
            sentence.push_str(", or null");
        }
        sentence
    }

    fn length(&self, units: &str) -> String {
        let of = |items, length| self.number(items).or_else(|| self.number(length));
        let least = of("minItems", "minLength").unwrap_or(0);
        match of("maxItems", "maxLength") {
            Some(most) => format!("{least} to {most} {units}"),
            None => units.to_owned(),
        }
    }

    fn forbids(&self, number: i128) -> bool {
        let forbidden = self.get("not").and_then(|not| not.get("const")?.as_i64());
        forbidden.is_some_and(|forbidden| i128::from(forbidden) == number)
    }

    pub(super) fn integer(&self, number: i128) -> Result<(), String> {
        let least = self.number("minimum").is_none_or(|least| least <= number);
        let most = self.number("maximum").is_none_or(|most| number <= most);
        match self.takes("integer") && least && most && !self.forbids(number) {
            true => Ok(()),
            false => Err(self.sentence()),
        }
    }

    pub(super) fn text(&self, text: &str) -> Result<(), String> {
        if !self.takes("string") {
            return Err(self.sentence());
        }
        let told = |error: &dyn fmt::Display| error.to_string();
        match self.get("format").and_then(Value::as_str) {
            // All ids have the same rules.
            Some(ID_FORMAT) => return ProductId::new(text).map(drop).map_err(|error| told(&error)),
            Some(KEY_FORMAT) => {
                return IdempotencyKey::new(text)
                    .map(drop)
                    .map_err(|error| told(&error));
            }
            Some(NAME_FORMAT) => return KeyName::new(text).map(drop).map_err(|error| told(&error)),
            Some(_) | None => {}
        }
        let choices = self.choices();
        let length = text.chars().count() as i128;
        let fits = self.number("minLength").is_none_or(|least| least <= length)
            && self.number("maxLength").is_none_or(|most| length <= most)
            && (self.get("pattern").is_none() || !text.contains(char::is_control))
            && (choices.is_empty() || choices.contains(&text));
        match fits {
            true => Ok(()),
            false => Err(self.sentence()),
        }
    }
}
