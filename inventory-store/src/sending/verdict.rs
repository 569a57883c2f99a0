//! What a call without an answer says, and of what.

use inventory_http::Causes;
use inventory_http::client::{CallError, Failure, InvalidAnswer};
use inventory_http::wire::{Code, ErrorBody};

use super::{About, Trouble};
use crate::outbox::Reason;

/// Statuses of the caller, the deployment and the way: no intent is at fault, whatever the body says.
const NOT_ABOUT_INTENTS: &[u16] = &[
    401, 403, 404, 405, 407, 408, 411, 414, 415, 421, 426, 429, 431,
];

impl From<&CallError> for Trouble {
    fn from(error: &CallError) -> Self {
        Self {
            about: about(error),
            reason: reason(error),
            retry_after: error.retry_after(),
        }
    }
}

fn about(error: &CallError) -> About {
    match error {
        CallError::Refused { error, .. } => refused(error),
        CallError::Gone { .. } => About::Queue,
        CallError::Unavailable { source, .. } | CallError::Unknown { source, .. } => match source {
            Failure::Answered { status: 500, .. } => About::Failure,
            Failure::AnswerTimeout
            | Failure::Busy
            | Failure::Connect(_)
            | Failure::ConnectTimeout
            | Failure::Broken(_)
            | Failure::Silence
            | Failure::Answered { .. }
            | Failure::LaterRefused(_) => About::Queue,
        },
        CallError::NotUnderstood { status, source, .. } => match (status, source) {
            (Some(413), _) | (_, InvalidAnswer::TooLarge { .. }) => About::Size,
            (Some(400..500), InvalidAnswer::Code { .. })
                if status.is_none_or(|status| !NOT_ABOUT_INTENTS.contains(&status)) =>
            {
                About::Intent
            }
            (
                _,
                InvalidAnswer::Http(_)
                | InvalidAnswer::Status
                | InvalidAnswer::Code { .. }
                | InvalidAnswer::Json(_)
                | InvalidAnswer::Rows,
            ) => About::Queue,
        },
    }
}

fn refused(error: &ErrorBody) -> About {
    match error.code {
        Code::Conflict | Code::Unprocessable | Code::Quarantined => About::Intent,
        Code::PayloadTooLarge => About::Size,
        Code::BadRequest => {
            let rows: Vec<_> = error
                .details
                .iter()
                .filter_map(|one| row(&one.field))
                .collect();
            if rows.is_empty() {
                About::Queue
            } else {
                About::Rows(rows)
            }
        }
        Code::Internal => About::Failure,
        Code::Unauthorized
        | Code::Forbidden
        | Code::NotFound
        | Code::MethodNotAllowed
        | Code::RequestTimeout
        | Code::Gone
        | Code::PreconditionFailed
        | Code::UriTooLong
        | Code::UnsupportedMediaType
        | Code::RateLimited
        | Code::Unavailable => About::Queue,
    }
}

/// The row that a field of a batch is in.
fn row(field: &str) -> Option<usize> {
    let (row, _) = field.strip_prefix("updates[")?.split_once(']')?;
    row.parse().ok()
}

fn reason(error: &CallError) -> Reason {
    let said = |code: &'static str| Reason::new(code, Causes(error).to_string());
    match error {
        CallError::Refused { error, .. } => Reason::from(&**error),
        CallError::Gone { .. } => said("gone"),
        CallError::Unavailable { source, .. } | CallError::Unknown { source, .. } => match source {
            Failure::Answered {
                error: Some(error), ..
            }
            | Failure::LaterRefused(error) => Reason::from(&**error),
            Failure::AnswerTimeout | Failure::ConnectTimeout | Failure::Silence | Failure::Busy => {
                said("timeout")
            }
            Failure::Answered { .. } | Failure::Connect(_) | Failure::Broken(_) => {
                said("unavailable")
            }
        },
        CallError::NotUnderstood {
            source: InvalidAnswer::Code { code, message },
            ..
        } => Reason::new(code.clone(), message.clone()),
        CallError::NotUnderstood { .. } => said("not_understood"),
    }
}
