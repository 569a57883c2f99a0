//! What is wrong with a body, by the schema that is published of it.
//!
//! A type that reads itself stops at its first fault, and says so in the words of its parser. So a body that was refused is
//! read once more, beside its schema: in one pass, and without keeping anything of it.

use std::fmt;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::faults::Faults;
use super::shape::{Shape, has_kind};

/// Longest name of a field that nobody knows, as it is told.
const NAME_CHARACTERS_MAX: usize = 64;

/// Writes a schema as most programs that read schemas know it: choices among texts as `enum`, with what each means in the
/// description, since few make anything of a choice among constants; and integers with a format that they fit in.
pub(crate) fn make_plain(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(make_plain);
            let kinds = fields.get("type");
            let is_integer = kinds.is_some_and(|kinds| has_kind(kinds, "integer"));
            if is_integer {
                fields.insert("format".into(), "int64".into());
            }
            let choices = fields.get("oneOf").and_then(Value::as_array);
            let choices: Option<Vec<(String, String)>> = choices.and_then(|choices| {
                let text = |choice: &Value, name: &str| Some(choice[name].as_str()?.to_owned());
                let choice = |choice| Some((text(choice, "const")?, text(choice, "description")?));
                choices.iter().map(choice).collect()
            });
            if let Some(choices) = choices {
                fields.remove("oneOf");
                let about = fields.get("description").and_then(Value::as_str);
                let mut about = about.unwrap_or_default().to_owned();
                for (name, meaning) in &choices {
                    about.push_str(&format!("\n- `{name}`: {meaning}"));
                }
                let names = choices.into_iter().map(|(name, _)| Value::from(name));
                fields.insert("type".into(), "string".into());
                fields.insert("enum".into(), names.collect());
                fields.insert("description".into(), about.into());
            }
        }
        Value::Array(values) => values.iter_mut().for_each(make_plain),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Everything that is wrong with a body of this type.
pub(super) fn faults<T: JsonSchema>(body: &[u8]) -> Faults {
    let mut root = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    make_plain(&mut root);
    let mut looking = Looking {
        root: &root,
        path: String::new(),
        faults: Faults::default(),
    };
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let read = looking.at(&root).deserialize(&mut deserializer);
    let read = read.and_then(|()| {
        looking.path.clear();
        deserializer.end()
    });
    if let Err(error) = read
        && !error.is_data()
    {
        let issue = match body {
            [] => "is empty".to_owned(),
            [0xef, 0xbb, 0xbf, ..] => "begins with a byte order mark, which is no JSON".to_owned(),
            _ => {
                let (line, column) = (error.line(), error.column());
                format!("cannot be read as JSON beyond line {line}, column {column}")
            }
        };
        looking.faults.push(looking.path, issue);
    }
    looking.faults
}

/// A pass through a body.
struct Looking<'a> {
    root: &'a Value,
    /// Where it is; where it was when the text broke off.
    path: String,
    faults: Faults,
}

impl<'a> Looking<'a> {
    fn at<'f>(&'f mut self, schema: &'a Value) -> Expected<'a, 'f> {
        Expected {
            shape: Shape::of(self.root, schema),
            looking: self,
        }
    }

    /// # Errors
    ///
    /// More is wrong than is told: the pass is over.
    fn fault<E: Error>(&mut self, issue: impl Into<String>) -> Result<(), E> {
        match self.faults.push(self.path.clone(), issue) {
            true => Ok(()),
            false => Err(E::custom("more is wrong than is told")),
        }
    }

    /// As [`fault`](Self::fault), of a field of the object that the pass is at.
    fn fault_of<E: Error>(&mut self, name: &str, issue: &str) -> Result<(), E> {
        let length = self.enter(name);
        let told = self.fault(issue);
        self.path.truncate(length);
        told
    }

    /// Goes into a field; where the path has to be cut on the way back.
    fn enter(&mut self, name: &str) -> usize {
        let length = self.path.len();
        if length > 0 {
            self.path.push('.');
        }
        self.path.extend(name.chars().take(NAME_CHARACTERS_MAX));
        length
    }
}

/// A value, and what it must be.
struct Expected<'a, 'f> {
    shape: Shape<'a>,
    looking: &'f mut Looking<'a>,
}

impl Expected<'_, '_> {
    fn judge<E: Error>(self, judged: Result<(), String>) -> Result<(), E> {
        judged.or_else(|issue| self.looking.fault(issue))
    }

    fn is<E: Error>(self, kind: &str) -> Result<(), E> {
        let judged = match self.shape.takes(kind) {
            true => Ok(()),
            false => Err(self.shape.sentence()),
        };
        self.judge(judged)
    }
}

impl<'de> DeserializeSeed<'de> for Expected<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Expected<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.is("boolean")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.is("null")
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.is("number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        let judged = self.shape.integer(number.into());
        self.judge(judged)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        let judged = self.shape.integer(number.into());
        self.judge(judged)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let judged = self.shape.text(text);
        self.judge(judged)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        let Self { shape, looking } = self;
        if !shape.takes("array") {
            looking.fault::<A::Error>(shape.sentence())?;
            while values.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        let most = shape.number("maxItems").unwrap_or(i128::MAX);
        let items = shape.get("items").unwrap_or(&Value::Null);
        let length = looking.path.len();
        let mut count = 0;
        loop {
            looking.path.push_str(&format!("[{count}]"));
            let value = values.next_element_seed(looking.at(items))?;
            looking.path.truncate(length);
            if value.is_none() {
                break;
            }
            count += 1;
            if i128::from(count) > most {
                // What is too much is not looked at: nobody pays for it.
                looking.fault::<A::Error>(shape.sentence())?;
                return Err(A::Error::custom("the list is too long"));
            }
        }
        match i128::from(count) < shape.number("minItems").unwrap_or(0) {
            true => looking.fault(shape.sentence()),
            false => Ok(()),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let Self { shape, looking } = self;
        let is_object = shape.takes("object");
        if !is_object {
            looking.fault::<A::Error>(shape.sentence())?;
        }
        let mut known: Vec<String> = Vec::new();
        while let Some(name) = fields.next_key::<String>()? {
            let property = shape.property(&name).filter(|_| is_object);
            let Some(schema) = property else {
                if is_object {
                    looking.fault_of::<A::Error>(&name, "is not a field of this")?;
                }
                fields.next_value::<IgnoredAny>()?;
                continue;
            };
            if known.contains(&name) {
                looking.fault_of::<A::Error>(&name, "stands twice")?;
            }
            let length = looking.enter(&name);
            fields.next_value_seed(looking.at(schema))?;
            looking.path.truncate(length);
            known.push(name);
        }
        for name in shape.required().filter(|_| is_object) {
            if !known.iter().any(|known| known == name) {
                looking.fault_of::<A::Error>(name, "is missing")?;
            }
        }
        Ok(())
    }
}
