//! Why an intent is parked.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::time::Duration;

use inventory_core::vocabulary::Timestamp;
use inventory_http::wire::ErrorBody;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest message, in characters: what central says fits, and the file stays small whatever is said.
const MESSAGE_CHARS_MAX: usize = 1_000;

/// Why an intent is parked, or none is sent, in words for a person and a code for a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ParkedReason", !deny_unknown_fields)]
pub struct Reason {
    /// A code of central's errors, or `expired`, `forgotten`, `unavailable`, `timeout`, `not_understood` or `disk`.
    code: Cow<'static, str>,
    /// What is true, in a sentence.
    message: String,
}

impl Reason {
    /// A reason. The end of a message beyond 1000 characters is cut off.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if let Some((end, _)) = message.char_indices().nth(MESSAGE_CHARS_MAX) {
            message.truncate(end);
        }
        Self {
            code: code.into(),
            message,
        }
    }

    /// It has waited too long. Whether central has applied it is unknown when it was sent and the answer was lost.
    pub(super) fn expired(age_max: Duration) -> Self {
        let hours = age_max.as_secs() / 3_600;
        Self::new(
            "expired",
            format!(
                "it has waited for more than {hours} hours; central may have applied it without an answer: \
                 compare the stock before it is tried again"
            ),
        )
    }

    /// It was sent, and central has forgotten keys since: sent again it might be applied twice.
    pub(super) fn forgotten(since: Timestamp) -> Self {
        Self::new(
            "forgotten",
            format!(
                "it was sent without an answer, and central remembers keys since {since} only, so that it cannot tell \
                 whether it has applied it: compare the stock before it is tried again"
            ),
        )
    }

    /// What kind of reason it is.
    pub fn code(&self) -> &str {
        &self.code
    }
}

impl From<&ErrorBody> for Reason {
    fn from(body: &ErrorBody) -> Self {
        let mut message = body.message.to_string();
        for detail in &body.details {
            write!(message, "; {}: {}", detail.field, detail.issue).expect("a text takes any text");
        }
        Self::new(body.code.text(), message)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}
