//! What makes groups durable.

use super::weight::Weight;

/// What makes groups durable: the engine, in a test something smaller.
pub(super) trait GroupWriter {
    /// What is written.
    type Request;
    /// The answer to one request.
    type Answer;
    /// Why a whole group was not answered.
    type Error: Clone;

    /// Writes submissions together and answers each of their requests, in order. Only the first ones, and one at least, when
    /// they turn out to change more than `lines_max`: how much a request changes is known once it is decided.
    fn write<'a>(
        &mut self,
        group: impl Iterator<Item = &'a [Self::Request]>,
        lines_max: usize,
    ) -> Result<Vec<Self::Answer>, Self::Error>
    where
        Self::Request: 'a;

    /// Calls `answer`, which calls whoever has submitted.
    fn answering(&self, answer: impl FnOnce());

    /// How much one request is. Asked for by its caller, and once.
    fn weigh(request: &Self::Request) -> Weight;

    /// What callers are told whose requests were being written when the engine panicked.
    fn lost() -> Self::Error;

    /// What callers are told when the engine is gone before it got to them.
    fn gone() -> Self::Error;
}
