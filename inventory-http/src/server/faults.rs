//! What is wrong with a request: all of it, so that nobody mends one fault at a time.

use std::borrow::Cow;

use super::error::ApiError;
use crate::wire::{Code, Detail};

/// Most faults of one request that are told.
pub const FAULTS_MAX: usize = 100;

/// The faults of a request that were found so far.
#[derive(Debug, Default)]
pub struct Faults {
    details: Vec<Detail>,
    /// Whether there are more than are told.
    more: bool,
}

impl Faults {
    /// Tells one more. False once there are more than are told: nothing else has to be looked at.
    pub fn push(&mut self, field: impl Into<Cow<'static, str>>, issue: impl Into<String>) -> bool {
        self.more = self.details.len() == FAULTS_MAX;
        if !self.more {
            let (field, issue) = (field.into(), issue.into());
            self.details.push(Detail { field, issue });
        }
        !self.more
    }

    /// Whether there is any.
    pub fn is_empty(&self) -> bool {
        self.details.is_empty()
    }

    /// Whether there is none.
    ///
    /// # Errors
    ///
    /// 400, with each of them.
    pub fn check(self) -> Result<(), ApiError> {
        if self.is_empty() {
            return Ok(());
        }
        let message = match self.more {
            false => "the request is not as published; nothing was done",
            true => {
                "the request is not as published in more places than are named; nothing was done"
            }
        };
        let error = ApiError::new(Code::BadRequest, message);
        Err(error.with_details(self.details))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_faults_are_told_and_that_there_are_more() {
        let told = |count: usize| {
            let mut faults = Faults::default();
            let asked = (0..count).filter(|row| faults.push(format!("rows[{row}]"), "is wrong"));
            let asked = asked.count();
            let error = faults.check().err().unwrap();
            let more = error.body().message.contains("more places");
            (asked, error.body().details.len(), more)
        };
        assert_eq!(told(1), (1, 1, false));
        assert_eq!(told(100), (100, 100, false));
        assert_eq!(told(101), (100, 100, true));
        assert_eq!(told(200), (100, 100, true));
        assert!(Faults::default().check().is_ok());
    }
}
