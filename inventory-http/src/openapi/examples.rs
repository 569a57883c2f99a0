//! Answers as they are given, to show what a call answers.

use hyper::StatusCode;
use serde_json::{Map, Value};

/// Answers by call and status, as `readProduct 200`.
///
/// They stand in a file, and a test makes each of the calls: what is shown is what is answered.
pub(super) struct Examples(Map<String, Value>);

impl Examples {
    /// Those of a file.
    pub(super) fn parse(file: &str) -> Self {
        Self(serde_json::from_str(file).expect("a test has compared the file with answers"))
    }

    /// What a call answers with a status, if it is shown.
    pub(super) fn of(&self, call: &str, status: StatusCode) -> Option<&Value> {
        self.0.get(&format!("{call} {}", status.as_str()))
    }
}
