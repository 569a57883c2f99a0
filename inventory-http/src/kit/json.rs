//! Bodies of requests.

use serde::de::DeserializeOwned;

use super::error::ApiError;

/// Parses a body, strictly.
///
/// # Errors
///
/// Names the field that is wrong.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|_| explain::<T>(body))
}

/// Parses again, slowly, to find out where.
fn explain<T: DeserializeOwned>(body: &[u8]) -> ApiError {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let Err(error) = serde_path_to_error::deserialize::<_, T>(&mut deserializer) else {
        return ApiError::field("", "has something after its end");
    };
    let path = match error.path().iter().next() {
        Some(_) => error.path().to_string(),
        None => String::new(),
    };
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
        #[serde(rename = "rows")]
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
        ] {
            let error = parse::<Rows>(body.as_bytes()).err().unwrap();
            assert_eq!(error.body().details[0].field, field, "{body}: {error:?}");
        }
    }
}
