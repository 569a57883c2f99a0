//! What central says of each row of a batch.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::Value;

use crate::wire::Updated;

/// What central says of one row.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub enum RowAnswer {
    /// It is applied, now or by an earlier call with the same key.
    Applied(Updated),
    /// It is not. The code may be one that this version does not know.
    Refused {
        /// The status that a call of its own would have had.
        status: u16,
        /// What kind of refusal it is.
        code: String,
        /// What is true, with what is wrong with which field.
        message: String,
    },
}

/// The body of the answer.
#[derive(Deserialize)]
pub(super) struct Rows {
    pub(super) results: Vec<RowAnswer>,
}

#[derive(Deserialize)]
struct Status {
    status: u16,
}

#[derive(Deserialize)]
struct Refusal {
    code: String,
    message: String,
    #[serde(default)]
    details: Vec<Detail>,
}

#[derive(Deserialize)]
struct Detail {
    field: String,
    issue: String,
}

impl TryFrom<Value> for RowAnswer {
    type Error = serde_json::Error;

    fn try_from(row: Value) -> Result<Self, serde_json::Error> {
        let Status { status } = Status::deserialize(&row)?;
        if status == 200 {
            return Ok(Self::Applied(Updated::deserialize(&row)?));
        }
        let Refusal {
            code,
            mut message,
            details,
        } = Refusal::deserialize(&row)?;
        for Detail { field, issue } in details {
            write!(message, "; {field}: {issue}").expect("a text takes any text");
        }
        Ok(Self::Refused {
            status,
            code,
            message,
        })
    }
}
