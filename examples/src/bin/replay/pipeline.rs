//! Pipeline of submissions: on their way to the writer, with their answers in the same order.

use std::collections::VecDeque;
use std::sync::mpsc;

use inventory_core::engine::{Answer, EngineError};
use inventory_core::machine::Request;
use inventory_core::writer::Writer;

use crate::failure::Failure;

/// Submissions on their way: while one group is written, the next ones are made and wait. Well below what the writer
/// takes, so that it never refuses.
pub(crate) const IN_FLIGHT_MAX: usize = 8;

/// Keeps a bounded number of submissions on their way. Answers come in the order of submission, because the writer
/// commits in that order.
pub(crate) struct Pipeline<'a, T> {
    writer: &'a Writer,
    replies: mpsc::Sender<Result<Vec<Answer>, EngineError>>,
    answers: mpsc::Receiver<Result<Vec<Answer>, EngineError>>,
    in_flight: VecDeque<T>,
}

impl<'a, T> Pipeline<'a, T> {
    /// Nothing on its way.
    pub(crate) fn new(writer: &'a Writer) -> Self {
        let (replies, answers) = mpsc::channel();
        Self {
            writer,
            replies,
            answers,
            in_flight: VecDeque::new(),
        }
    }

    /// Submits requests, after waiting for the oldest answers when as many are on their way as may be. `of` comes back
    /// with their answers.
    pub(crate) fn submit(
        &mut self,
        requests: Vec<Request>,
        of: T,
    ) -> Result<Option<(T, Vec<Answer>)>, Failure> {
        let oldest = match self.in_flight.len() {
            IN_FLIGHT_MAX => self.oldest()?,
            _ => None,
        };
        let replies = self.replies.clone();
        self.writer
            .submit(requests, move |answers| {
                // Nobody listens any more once an earlier answer has ended the run.
                let _ = replies.send(answers);
            })
            .map_err(|error| Failure::storage_because("the writer took no more", error))?;
        self.in_flight.push_back(of);
        Ok(oldest)
    }

    /// Waits for the answers to what was submitted first; `None` when nothing is on its way.
    pub(crate) fn oldest(&mut self) -> Result<Option<(T, Vec<Answer>)>, Failure> {
        let Some(of) = self.in_flight.pop_front() else {
            return Ok(None);
        };
        let answers = self
            .answers
            .recv()
            .expect("the pipeline itself keeps a sender")
            .map_err(|error| Failure::storage_because("the engine has failed", error))?;
        Ok(Some((of, answers)))
    }
}
