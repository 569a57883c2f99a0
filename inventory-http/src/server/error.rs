//! An answer that is an error, and how it is put together.

use std::borrow::Cow;
use std::fmt;

use hyper::Method;

use crate::wire::{Code, CurrentStock, Detail, ErrorBody, GonePosition};

/// An answer that is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError(Box<Stated>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Stated {
    body: ErrorBody,
    retry_after_s: Option<u64>,
    allow: Vec<Method>,
}

impl ApiError {
    /// An error with a sentence that says what is true now.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        let body = ErrorBody {
            code,
            message: message.into(),
            details: Vec::new(),
            current: None,
            position: None,
        };
        Self(Box::new(Stated {
            body,
            retry_after_s: None,
            allow: Vec::new(),
        }))
    }

    /// It cannot be done now, and may be asked for again after a second.
    pub fn unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Unavailable, message).with_retry_after(1)
    }

    /// The end of the service has cut the call off.
    pub fn stopping() -> Self {
        Self::unavailable("the service is stopping")
    }

    /// A field is not what the published schema says.
    pub fn field(field: impl Into<Cow<'static, str>>, issue: impl Into<String>) -> Self {
        Self::new(
            Code::BadRequest,
            "the request is not as published; nothing was done",
        )
        .with_detail(field, issue)
    }

    /// Names a field.
    #[must_use]
    pub fn with_detail(
        mut self,
        field: impl Into<Cow<'static, str>>,
        issue: impl Into<String>,
    ) -> Self {
        let (field, issue) = (field.into(), issue.into());
        self.0.body.details.push(Detail { field, issue });
        self
    }

    /// Names fields.
    #[must_use]
    pub(super) fn with_details(mut self, details: Vec<Detail>) -> Self {
        self.0.body.details = details;
        self
    }

    /// Says what the product is now.
    #[must_use]
    pub fn with_current(mut self, current: CurrentStock) -> Self {
        self.0.body.current = Some(current);
        self
    }

    /// Says where a follower can start again.
    #[must_use]
    pub fn with_position(mut self, position: GonePosition) -> Self {
        self.0.body.position = Some(position);
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// Says which methods the path takes.
    #[must_use]
    pub fn with_allow(mut self, methods: Vec<Method>) -> Self {
        self.0.allow = methods;
        self
    }

    /// What kind of error it is.
    pub fn code(&self) -> Code {
        self.0.body.code
    }

    /// The body alone, as it stands in an answer to many.
    pub fn into_body(self) -> ErrorBody {
        self.0.body
    }

    /// The body.
    pub fn body(&self) -> &ErrorBody {
        &self.0.body
    }

    pub(super) fn retry_after_s(&self) -> Option<u64> {
        self.0.retry_after_s
    }

    pub(super) fn allow(&self) -> &[Method] {
        &self.0.allow
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code().text(), self.0.body.message)
    }
}

impl std::error::Error for ApiError {}
