//! A client of central: how a call is sent, once or until it is settled.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::answer::{Passed, judge};
use super::attempts::{Attempts, Next, Randomness};
use super::error::CallError;
use super::exchange::{Deadlines, Reply, Request, send};
use super::pool::Pool;
use super::roots::InvalidRoots;
use super::settings::CentralSettings;
use crate::wire::headers::IDEMPOTENT_REPLAYED;

/// A client of central. Clones share its connections.
#[derive(Debug, Clone)]
pub struct CentralClient(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: CentralSettings,
    pool: Arc<Pool>,
    randomness: Randomness,
}

impl CentralClient {
    /// A client that connects when it is first called.
    ///
    /// # Errors
    ///
    /// The URL asks for a certificate, and nobody's would be believed.
    pub fn new(settings: CentralSettings) -> Result<Self, InvalidRoots> {
        Self::with_randomness(settings, Randomness::of_system())
    }

    /// A client whose jitter comes from somewhere else.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub fn with_randomness(
        settings: CentralSettings,
        randomness: Randomness,
    ) -> Result<Self, InvalidRoots> {
        Ok(Self(Arc::new(Inner {
            pool: Arc::new(Pool::new(&settings)?),
            settings,
            randomness,
        })))
    }

    pub(super) fn settings(&self) -> &CentralSettings {
        &self.0.settings
    }

    /// Sends a request until it is settled, or until there is no time for another attempt.
    pub(super) async fn settle(
        &self,
        request: &Request,
        deadline: Instant,
    ) -> Result<Passed, CallError> {
        let deadlines = Deadlines {
            deadline: Some(deadline),
            ..self.deadlines(Duration::ZERO)
        };
        let mut attempts = Attempts::new(self.0.settings.backoff);
        let mut sent = 0;
        loop {
            let error = match self.attempt(request, deadlines, &mut sent).await {
                Ok(passed) => return Ok(passed),
                Err(error) => error,
            };
            let left = deadline.saturating_duration_since(Instant::now());
            match attempts.after(error, left, self.0.randomness.bits()) {
                // Nothing says when central is well again: the moment is what is awaited.
                Next::Again(wait) => sleep_until(Instant::now() + wait).await,
                Next::Enough(error) => return Err(error),
            }
        }
    }

    /// Sends a request once, and reads its answer, which is a small one.
    pub(super) async fn once(&self, request: &Request) -> Result<Passed, CallError> {
        let deadlines = self.deadlines(Duration::ZERO);
        self.attempt(request, deadlines, &mut 0).await
    }

    /// Sends a request that was sent so often before.
    async fn attempt(
        &self,
        request: &Request,
        deadlines: Deadlines,
        sent: &mut u32,
    ) -> Result<Passed, CallError> {
        let reply = send(&self.0.pool, &self.0.settings, request, deadlines, sent).await?;
        let (head, body) = reply
            .read(request.size.bytes_max(&self.0.settings.limits))
            .await?;
        let body = judge(&head, body, request.once_sent)?;
        Ok(Passed {
            status: head.status,
            replayed: head.headers.contains_key(&IDEMPOTENT_REPLAYED),
            body,
        })
    }

    /// A success, its body unread. The body of anything else is read, and says what it means.
    pub(super) async fn begin(
        &self,
        request: &Request,
        patience: Duration,
    ) -> Result<Reply, CallError> {
        let deadlines = self.deadlines(patience);
        let reply = send(&self.0.pool, &self.0.settings, request, deadlines, &mut 0).await?;
        if reply.status() == hyper::StatusCode::OK {
            return Ok(reply);
        }
        let once_sent = reply.once_sent;
        let (head, body) = reply.read(self.0.settings.limits.answer_bytes_max).await?;
        match judge(&head, body, once_sent) {
            Err(error) => Err(error),
            Ok(_) => unreachable!("only 200 is a success"),
        }
    }

    fn deadlines(&self, patience: Duration) -> Deadlines {
        let timeouts = self.0.settings.timeouts;
        Deadlines {
            connect: timeouts.connect,
            answer: timeouts.answer.saturating_add(patience),
            deadline: None,
        }
    }
}
