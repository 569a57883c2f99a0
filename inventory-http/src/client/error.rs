//! Why a call has no answer, what is true then, and whose move it is.

use std::io;
use std::time::Duration;

use bytes::Bytes;

use crate::wire::{Code, ErrorBody, GonePosition};

/// A call without the answer that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Central has said no: nothing was done.
    #[error("central refuses: {}: {}", error.code.text(), error.message)]
    Refused {
        /// The status of the answer.
        status: u16,
        /// What central says.
        error: Box<ErrorBody>,
        /// The same, byte for byte, to be passed on unchanged.
        body: Bytes,
        /// When central wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// The log cannot be followed from the position: it takes a snapshot to start again.
    #[error("the log cannot be followed from there any more")]
    Gone {
        /// Why, and where to start again.
        position: Box<GonePosition>,
        /// The same, byte for byte.
        body: Bytes,
    },
    /// Central was not reached, or did not answer a call that changes nothing: nothing was done.
    #[error("central cannot be asked now; nothing was done")]
    Unavailable {
        /// When central wants to be asked again.
        retry_after: Option<Duration>,
        /// What has failed.
        source: Failure,
    },
    /// It may have been done, now or later: only the same key settles it.
    #[error("the outcome is unknown; only the same key settles it")]
    Unknown {
        /// When central wants to be asked again.
        retry_after: Option<Duration>,
        /// What has failed.
        source: Failure,
    },
    /// What came back is nothing that central answers: another version of it, or something in between.
    #[error("the answer is none of central's")]
    NotUnderstood {
        /// The status, when there was one.
        status: Option<u16>,
        /// What is known of the call's effect.
        effect: Effect,
        /// What is wrong with it.
        source: InvalidAnswer,
    },
}

/// What has failed on the way.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// All connections were in use for as long as the caller would wait.
    #[error("no connection was free in time")]
    Busy,
    /// There is no connection.
    #[error("central cannot be connected to")]
    Connect(#[source] io::Error),
    /// There was no connection in time.
    #[error("central was not connected to in time")]
    ConnectTimeout,
    /// The connection broke.
    #[error("the connection broke")]
    Broken(#[source] hyper::Error),
    /// The answer was not there in time.
    #[error("central did not answer in time")]
    AnswerTimeout,
    /// A snapshot fell silent.
    #[error("central has fallen silent")]
    Silence,
    /// Central, or something in between, says that it cannot serve now.
    #[error("the answer is status {status}")]
    Answered {
        /// The status, 500 or above.
        status: u16,
        /// What central says, when it is central that says it.
        error: Option<Box<ErrorBody>>,
    },
    /// A later attempt was refused before central looked at its key: that says nothing of the attempts before.
    #[error("a later attempt was refused with {}: {}", .0.code.text(), .0.message)]
    LaterRefused(Box<ErrorBody>),
}

/// What is wrong with an answer.
#[derive(Debug, thiserror::Error)]
pub enum InvalidAnswer {
    /// It is not HTTP.
    #[error("it is not HTTP")]
    Http(#[source] hyper::Error),
    /// It has a status, or a body with it, that central does not send.
    #[error("central does not answer so")]
    Status,
    /// It is an error as central's are, with a code that this version does not know.
    #[error("{code}: {message}")]
    Code {
        /// The code.
        code: String,
        /// What is said with it.
        message: String,
    },
    /// Its body is not what was asked for.
    #[error("its body is not as published")]
    Json(#[source] serde_json::Error),
    /// There are more or fewer rows than were sent.
    #[error("it has not a result for each row")]
    Rows,
    /// It is larger than it may be. The rest was not read.
    #[error("it is larger than {bytes_max} bytes")]
    TooLarge {
        /// The limit that it passed.
        bytes_max: u64,
    },
}

/// What is known of the effect of a call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing was done, and nothing will be.
    NothingDone,
    /// It may have been done, or may yet be.
    Unknown,
}

/// Whether the same call, with the same key, may fare better later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It may.
    Helps,
    /// It will not: the call, or something at central, has to change first.
    Useless,
}

impl Effect {
    /// What a failure means to a call that leaves this when it fails after it was sent.
    pub(super) fn failed(self, source: Failure, retry_after: Option<Duration>) -> CallError {
        match self {
            Self::NothingDone => CallError::Unavailable {
                retry_after,
                source,
            },
            Self::Unknown => CallError::Unknown {
                retry_after,
                source,
            },
        }
    }
}

impl CallError {
    /// Whether it says that central, or the way there, is not what it was: what was believed of it has to be proved anew.
    pub fn is_doubt(&self) -> bool {
        match self {
            Self::Unavailable { source, .. } | Self::Unknown { source, .. } => match source {
                Failure::Connect(_)
                | Failure::ConnectTimeout
                | Failure::Broken(_)
                | Failure::AnswerTimeout
                | Failure::Silence => true,
                Failure::Busy | Failure::Answered { .. } | Failure::LaterRefused(_) => false,
            },
            Self::Refused { .. } | Self::Gone { .. } | Self::NotUnderstood { .. } => false,
        }
    }

    /// What kind of failure it is, in a word: there are few.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Unavailable { source, .. } | Self::Unknown { source, .. } => match source {
                Failure::Busy => "no_free_connection",
                Failure::Connect(_) => "not_connected",
                Failure::ConnectTimeout | Failure::AnswerTimeout | Failure::Silence => "timeout",
                Failure::Broken(_) => "connection_broken",
                Failure::Answered { .. } | Failure::LaterRefused(_) => "refused",
            },
            Self::Refused { .. } | Self::Gone { .. } => "refused",
            Self::NotUnderstood { .. } => "not_understood",
        }
    }

    /// What is known of the call's effect.
    pub fn effect(&self) -> Effect {
        match self {
            Self::Refused { .. } | Self::Gone { .. } | Self::Unavailable { .. } => {
                Effect::NothingDone
            }
            Self::Unknown { .. } => Effect::Unknown,
            Self::NotUnderstood { effect, .. } => *effect,
        }
    }

    /// Whether the same call may fare better later.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Refused { error, .. } => refusal(error.code).0,
            Self::Gone { .. } => Retry::Useless,
            Self::Unknown {
                source: Failure::LaterRefused(error),
                ..
            } => refusal(error.code).0,
            // What is in between may be gone by then, and the same key does no harm.
            Self::Unavailable { .. } | Self::Unknown { .. } | Self::NotUnderstood { .. } => {
                Retry::Helps
            }
        }
    }

    /// When central wants to be asked again, if it said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. }
            | Self::Unavailable { retry_after, .. }
            | Self::Unknown { retry_after, .. } => *retry_after,
            Self::Gone { .. } | Self::NotUnderstood { .. } => None,
        }
    }

    /// The same of a call of which an earlier attempt may have been done: unless this answer was given after central
    /// had looked the key up, nothing is known still.
    pub(super) fn after_unknown(self) -> Self {
        match self {
            Self::Refused {
                error, retry_after, ..
            } if !refusal(error.code).1 => Self::Unknown {
                retry_after,
                source: Failure::LaterRefused(error),
            },
            Self::Unavailable {
                retry_after,
                source,
            } => Self::Unknown {
                retry_after,
                source,
            },
            Self::NotUnderstood { status, source, .. } => Self::NotUnderstood {
                status,
                effect: Effect::Unknown,
                source,
            },
            settled @ (Self::Refused { .. } | Self::Gone { .. } | Self::Unknown { .. }) => settled,
        }
    }
}

/// Whether a call that is refused with a code may fare better later, and whether central has looked its key up by then:
/// it does so after it has checked the request and the caller, and before it looks at the product.
fn refusal(code: Code) -> (Retry, bool) {
    match code {
        Code::Conflict | Code::Unprocessable | Code::Quarantined => (Retry::Useless, true),
        Code::BadRequest
        | Code::Unauthorized
        | Code::Forbidden
        | Code::NotFound
        | Code::MethodNotAllowed
        | Code::Gone
        | Code::PreconditionFailed
        | Code::PayloadTooLarge
        | Code::UriTooLong
        | Code::UnsupportedMediaType => (Retry::Useless, false),
        Code::RequestTimeout | Code::RateLimited | Code::Internal | Code::Unavailable => {
            (Retry::Helps, false)
        }
    }
}
