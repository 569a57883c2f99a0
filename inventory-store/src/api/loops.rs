//! What a store does beside answering calls. A store of which one of these has ended would go on answering with what it has,
//! and never say that it is old: so the program ends with it.

use std::any::Any;
use std::collections::HashMap;

use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};

/// A part of a store has ended before the store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part} has ended: {reason}")]
pub struct PartEnded {
    /// Which.
    pub part: &'static str,
    /// Why.
    pub reason: String,
}

/// The parts that run.
#[derive(Debug)]
pub(super) struct Loops {
    tasks: JoinSet<Result<(), String>>,
    names: HashMap<Id, &'static str>,
    stopping: watch::Receiver<bool>,
}

impl Loops {
    /// None yet.
    pub(super) fn new(stopping: watch::Receiver<bool>) -> Self {
        Self {
            tasks: JoinSet::new(),
            names: HashMap::new(),
            stopping,
        }
    }

    /// Starts one, which has to run until the store is stopping. An error says why it could not.
    pub(super) fn start(
        &mut self,
        part: &'static str,
        work: impl Future<Output = Result<(), String>> + Send + 'static,
    ) {
        let task = self.tasks.spawn(work);
        self.names.insert(task.id(), part);
    }

    /// Waits for the first that ends before it should; for ever when none does.
    pub(super) async fn failure(&mut self) -> PartEnded {
        loop {
            match self.next().await {
                Some(Some(ended)) => return ended,
                Some(None) => {}
                None => std::future::pending().await,
            }
        }
    }

    /// Waits until all have ended, and returns the first that should not have.
    pub(super) async fn end(mut self) -> Option<PartEnded> {
        let mut first = None;
        while let Some(ended) = self.next().await {
            first = first.or(ended);
        }
        first
    }

    /// The next one that ends, with what was wrong about it; `None` when all have.
    async fn next(&mut self) -> Option<Option<PartEnded>> {
        let (id, reason) = match self.tasks.join_next_with_id().await? {
            Ok((id, Ok(()))) if *self.stopping.borrow() => (id, None),
            Ok((id, Ok(()))) => (id, Some("nobody has told it to".to_owned())),
            Ok((id, Err(reason))) => (id, Some(reason)),
            Err(error) => (error.id(), Some(why(error))),
        };
        let part = self.names.get(&id).copied().unwrap_or("a part of it");
        let ended = reason.map(|reason| PartEnded { part, reason });
        if let Some(PartEnded { part, reason }) = &ended {
            tracing::error!(
                part,
                reason,
                "a part of the store has ended: the store stops"
            );
        }
        Some(ended)
    }
}

/// Why a task has no result.
pub(super) fn why(error: JoinError) -> String {
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
        let stopping = watch::Sender::new(false);
        let mut loops = Loops::new(stopping.subscribe());
        loops.start("another", std::future::pending());
        loops.start("this one", work);
        loops.failure().await
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
        let stopping = watch::Sender::new(false);
        let mut loops = Loops::new(stopping.subscribe());
        let mut told = stopping.subscribe();
        loops.start("well", async move {
            told.changed().await.map_err(|error| error.to_string())
        });
        stopping.send_replace(true);
        assert_eq!(loops.end().await, None);
    }
}
