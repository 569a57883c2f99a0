//! Bodies of requests.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::error::ApiError;
use super::published;
use crate::wire::object::Object;

/// What is said of a body that its type does not take though its schema does: the two should be one.
pub const NOT_PUBLISHED: &str = "is not what this call takes";

/// Parses a body, strictly.
///
/// # Errors
///
/// Names each field that is wrong.
pub fn parse<T: DeserializeOwned + JsonSchema>(body: &[u8]) -> Result<T, ApiError> {
    let parsed = serde_json::from_slice::<Object<T>>(body);
    parsed
        .map(|object| object.0)
        .map_err(|_| explain::<T>(body))
}

/// Reads again, slowly, to find out what is wrong.
fn explain<T: JsonSchema>(body: &[u8]) -> ApiError {
    let mut faults = published::faults::<T>(body);
    if faults.is_empty() {
        faults.push("", NOT_PUBLISHED);
    }
    faults.check().expect_err("there is a fault")
}

#[cfg(test)]
mod tests {
    use super::super::faults::FAULTS_MAX;
    use super::*;
    use crate::wire::Detail;
    use crate::wire::object::objects;

    #[derive(serde::Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Row {
        #[serde(rename = "qty")]
        _qty: u64,
    }

    #[derive(serde::Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Rows {
        #[serde(rename = "rows", deserialize_with = "objects")]
        #[schemars(length(max = 1_000), with = "Vec<Row>")]
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

    #[test]
    fn all_that_is_wrong_is_told_in_one_answer() {
        let told = |body: &str| {
            let error = parse::<Rows>(body.as_bytes()).err().unwrap();
            let told = |detail: &Detail| format!("{} {}", detail.field, detail.issue);
            error.body().details.iter().map(told).collect::<Vec<_>>()
        };
        let body = r#"{"more":[1],"rows":[{"qty":"x"},{"qty":1},{},7,{"qty":2,"qty":-3,"a":{"qty":0}}],"rows":null}"#;
        assert_eq!(
            told(body),
            [
                "more is not a field of this",
                "rows[0].qty must be an integer from 0 on",
                "rows[2].qty is missing",
                "rows[3] must be an object",
                "rows[4].qty stands twice",
                "rows[4].qty must be an integer from 0 on",
                "rows[4].a is not a field of this",
                "rows stands twice",
                "rows must be a list of 0 to 1000 rows",
            ]
        );
        assert_eq!(
            told("{\"rows\":[{\"qty\":1.5},\n{\"qty\":01}]}"),
            [
                "rows[0].qty must be an integer from 0 on",
                "rows[1].qty cannot be read as JSON beyond line 2, column 9",
            ]
        );
        assert_eq!(told(""), [" is empty"]);
        assert_eq!(
            told("\u{feff}{}"),
            [" begins with a byte order mark, which is no JSON"]
        );
        let many = format!("{{\"rows\":[{}]}}", "0,".repeat(500) + "0");
        assert_eq!(told(&many).len(), FAULTS_MAX);
        let long = format!("{{\"rows\":[{}]}}", "{\"qty\":1},".repeat(1_500) + "0");
        assert_eq!(told(&long), ["rows must be a list of 0 to 1000 rows"]);
    }
}
