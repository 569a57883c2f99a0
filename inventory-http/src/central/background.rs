//! What goes on while nobody asks for anything: when a part of it fails, the service ends with a reason, since nobody would
//! notice what it does no more.

use std::future::{Future, pending};

use tokio::task::{Id, JoinError, JoinSet};

/// The parts of a service that run in the background.
#[derive(Debug, Default)]
pub(super) struct Background {
    names: Vec<(Id, &'static str)>,
    parts: JoinSet<()>,
}

impl Background {
    /// Starts a part, named by what it does.
    pub(super) fn start(
        &mut self,
        name: &'static str,
        part: impl Future<Output = ()> + Send + 'static,
    ) {
        let started = self.parts.spawn(part);
        self.names.push((started.id(), name));
    }

    /// Waits until a part has failed, and says which; one that has ended is done.
    pub(super) async fn failure(&mut self) -> &'static str {
        while let Some(ended) = self.parts.join_next().await {
            if let Err(error) = ended
                && let Some(name) = self.failed(&error)
            {
                return name;
            }
        }
        pending().await
    }

    /// Ends all parts, and says which has failed, if one has: their end is awaited, since they hold the service.
    pub(super) async fn end(mut self) -> Option<&'static str> {
        let mut failed = None;
        self.parts.abort_all();
        while let Some(ended) = self.parts.join_next().await {
            if let Err(error) = ended {
                let part = self.failed(&error);
                failed = failed.or(part);
            }
        }
        failed
    }

    /// Which part has panicked.
    fn failed(&self, error: &JoinError) -> Option<&'static str> {
        if !error.is_panic() {
            return None;
        }
        let name = self.names.iter().find(|(id, _)| *id == error.id());
        let (_, name) = name.expect("each part was named when it was started");
        tracing::error!(part = name, "a part of the service has panicked: it ends");
        Some(name)
    }
}
