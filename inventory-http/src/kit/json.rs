//! Bodies of requests.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};

use super::error::ApiError;

/// Parses a body, strictly.
///
/// # Errors
///
/// Names the field that is wrong.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let parsed = serde_json::from_slice::<Object<T>>(body);
    parsed
        .map(|object| object.0)
        .map_err(|_| explain::<T>(body))
}

/// A struct that is written as an object. What is derived would take an array of its fields too.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields)).map(Object)
    }
}

/// Reads a list of structs that are written as objects.
///
/// # Errors
///
/// As the deserializer.
pub fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let objects = Vec::<Object<T>>::deserialize(deserializer)?;
    Ok(objects.into_iter().map(|object| object.0).collect())
}

/// As [`objects`], of a field that may be missing, and must not be null.
///
/// # Errors
///
/// As the deserializer.
pub fn some_objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    objects(deserializer).map(Some)
}

/// Parses again, slowly, to find out where.
fn explain<T: DeserializeOwned>(body: &[u8]) -> ApiError {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let Err(error) = serde_path_to_error::deserialize::<_, Object<T>>(&mut deserializer) else {
        return ApiError::field("", "has something after its end");
    };
    let path = match error.path().iter().next() {
        Some(_) => error.path().to_string(),
        None => String::new(),
    };
    // Where the text breaks off or is no text, the path ends in a field that has no name.
    let path = path.trim_end_matches('?').trim_end_matches('.').to_owned();
    let message = error.into_inner().to_string();
    let issue = match message.rfind(" at line ") {
        Some(end) => &message[..end],
        None => &message,
    };
    // The path of a field that is missing, unknown or doubled ends at its parent.
    let named = ["missing field `", "unknown field `", "duplicate field `"]
        .iter()
        .find_map(|start| issue.strip_prefix(start)?.split_once('`'));
    let field = match named {
        Some((name, _)) if path.is_empty() => name.to_owned(),
        Some((name, _)) if path.ends_with(name) => path,
        Some((name, _)) => format!("{path}.{name}"),
        None => path,
    };
    ApiError::field(field, issue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Row {
        #[serde(rename = "qty")]
        _qty: u64,
    }

    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Rows {
        #[serde(rename = "rows", deserialize_with = "objects")]
        _rows: Vec<Row>,
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (body, field) in [
            (r#"{"rows":[{"qty":1},{"qty":"x"}]}"#, "rows[1].qty"),
            (r#"{"rows":[{"qty":1.0}]}"#, "rows[0].qty"),
            (r#"{"rows":[{"qty":1e3}]}"#, "rows[0].qty"),
            (r#"{"rows":[{"qty":-1}]}"#, "rows[0].qty"),
            (r#"{"rows":[{}]}"#, "rows[0].qty"),
            (r#"{"rows":[{"qty":1,"qty":1}]}"#, "rows[0].qty"),
            (r#"{"rows":[{"qty":1,"more":1}]}"#, "rows[0].more"),
            (r#"{"rows":[],"more":1}"#, "more"),
            (r#"{}"#, "rows"),
            (r#"{"rows":[]} x"#, ""),
            (r#""#, ""),
            (r#"[]"#, ""),
            (r#"[[]]"#, ""),
            (r#"{"rows":[[1]]}"#, "rows[0]"),
        ] {
            let error = parse::<Rows>(body.as_bytes()).err().unwrap();
            assert_eq!(error.body().details[0].field, field, "{body}: {error:?}");
        }
    }
}
