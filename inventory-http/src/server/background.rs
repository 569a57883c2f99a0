//! What a service does between calls. Once a part of it ends, the service ends: it would go on answering
//! with what it has, and nobody would notice what is no longer done.

use std::any::Any;
use std::future::pending;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, timeout_at};

use super::given_up::GivenUp;
use super::stopping::Stopping;

/// A part of a service has ended before the service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part} has ended: {reason}")]
pub struct PartEnded {
    /// Which.
    pub part: &'static str,
    /// Why.
    pub reason: String,
}

/// Why a service has not ended well: what was acknowledged is on disk.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndError {
    /// A part of it has failed, so that nothing is served any more.
    #[error(transparent)]
    Part(PartEnded),
    /// It was told to stop, and a part had not ended in time, since the disk hangs or is slow.
    #[error(transparent)]
    GivenUp(GivenUp),
}

/// The parts of a service that run in the background.
#[derive(Debug, Default)]
pub struct Background {
    tasks: JoinSet<Result<(), String>>,
    /// Of those that have not ended, in the order in which they were started.
    names: Vec<(Id, &'static str)>,
    stopping: Stopping,
}

impl Background {
    /// Whether the service stops.
    pub fn stopping(&self) -> &Stopping {
        &self.stopping
    }

    /// Starts a part, which has to run until the service is stopping. An error says why it could not. Must be called inside a
    /// runtime.
    pub fn start(
        &mut self,
        part: &'static str,
        work: impl Future<Output = Result<(), String>> + Send + 'static,
    ) {
        let task = self.tasks.spawn(work);
        self.names.push((task.id(), part));
    }

    /// Waits for the first that ends before it should; for ever when none does.
    pub(super) async fn failure(&mut self) -> PartEnded {
        loop {
            match self.next().await {
                Some(Some(ended)) => return ended,
                Some(None) => {}
                None => pending().await,
            }
        }
    }

    /// Has all parts end where they are, for those that would not end by themselves.
    pub(crate) fn abort(&mut self) {
        self.tasks.abort_all();
    }

    /// Waits until all have ended, or for so long.
    ///
    /// # Errors
    ///
    /// The first that should not have ended, else the first that has not.
    pub async fn end(mut self, within: Duration) -> Result<(), EndError> {
        let by = Instant::now() + within;
        let mut failed = None;
        while !self.tasks.is_empty() {
            match timeout_at(by, self.next()).await {
                Ok(ended) => failed = failed.or_else(|| ended.flatten().map(EndError::Part)),
                Err(_) => {
                    let part = self.names.first().map_or("a part of it", |(_, part)| part);
                    let given_up = GivenUp::log(part, within);
                    failed = failed.or(Some(EndError::GivenUp(given_up)));
                    break;
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// The next one that ends, with what was wrong about it; `None` when all have.
    async fn next(&mut self) -> Option<Option<PartEnded>> {
        let (id, reason) = match self.tasks.join_next_with_id().await? {
            Ok((id, Ok(()))) if self.stopping.has_begun() => (id, None),
            Ok((id, Ok(()))) => (id, Some("nobody has told it to".to_owned())),
            Ok((id, Err(reason))) => (id, Some(reason)),
            Err(error) if error.is_cancelled() && self.stopping.has_begun() => (error.id(), None),
            Err(error) => (error.id(), Some(why(error))),
        };
        let known = self.names.iter().position(|(known, _)| *known == id);
        let part = known.map_or("a part of it", |at| self.names.remove(at).1);
        let ended = reason.map(|reason| PartEnded { part, reason });
        if let Some(PartEnded { part, reason }) = &ended {
            tracing::error!(
                part,
                reason,
                "a part of the service has ended: the service stops"
            );
        }
        Some(ended)
    }
}

/// Why a task has no result.
fn why(error: JoinError) -> String {
    match error.try_into_panic() {
        Ok(panic) => format!("it has panicked: {}", said(&*panic)),
        Err(error) => error.to_string(),
    }
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no words")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn first(work: impl Future<Output = Result<(), String>> + Send + 'static) -> PartEnded {
        let mut background = Background::default();
        background.start("another", pending());
        background.start("this one", work);
        background.failure().await
    }

    #[tokio::test]
    async fn a_part_that_ends_in_any_way_is_named_with_its_reason() {
        let cases = [
            first(async { Ok(()) }).await,
            first(async { Err("the disk is gone".to_owned()) }).await,
            first(async { panic!("at {}", 7) }).await,
            first(async { panic!("plainly") }).await,
        ];
        let reasons = [
            "nobody has told it to",
            "the disk is gone",
            "it has panicked: at 7",
            "it has panicked: plainly",
        ];
        for (ended, reason) in cases.into_iter().zip(reasons) {
            assert_eq!((ended.part, &*ended.reason), ("this one", reason));
        }
    }

    #[tokio::test]
    async fn parts_that_end_when_they_are_told_to_have_not_failed() {
        let mut background = Background::default();
        let stopping = background.stopping().clone();
        background.start("well", async move {
            stopping.begun().await;
            Ok(())
        });
        background.stopping().begin();
        assert_eq!(background.end(Duration::from_secs(20)).await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn parts_that_do_not_end_are_given_up_after_a_while_and_the_first_is_named() {
        let mut background = Background::default();
        background.stopping().begin();
        background.start("at once", async { Ok(()) });
        background.start("this one", pending());
        background.start("another", pending());
        let waited = Duration::from_secs(10);
        let part = "this one";
        let given_up = EndError::GivenUp(GivenUp { part, waited });
        assert_eq!(background.end(waited).await, Err(given_up));
    }
}
