//! Central, as its calls.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use inventory_core::vocabulary::{StoreId, TraceParent};
use tokio::time::{Instant, sleep_until};

use super::answer::{Answered, Passed, judge, parse};
use super::attempts::{Attempts, Next, Randomness};
use super::batch::{RowAnswer, Rows};
use super::error::{CallError, InvalidAnswer};
use super::exchange::{Deadlines, Reply, Request, send};
use super::pool::Pool;
use super::roots::InvalidRoots;
use super::settings::CentralSettings;
use super::snapshot;
use crate::wire::TraceContext;
use crate::wire::headers::{ACTING_STORE, IDEMPOTENT_REPLAYED, ON_BEHALF_OF};
use crate::wire::{
    Batch, BatchRow, Changes, KeyName, NodeId, Position, Readiness, StateSnapshot, Update, WhoAmI,
    percent_encoded,
};

const JSON: &str = "application/json";

/// The longest that central lets a poll wait.
const LONG_POLL_S_MAX: u64 = 60;

/// Where a call comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The till that has asked; `None` for one whose key has no name.
    pub till: Option<KeyName>,
    /// The store whose till it is: nothing may change at another one. `None` for somebody who may write for all.
    pub store: Option<StoreId>,
    /// The trace that it is part of.
    pub trace: Option<TraceContext>,
}

impl Origin {
    fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let header = |name: HeaderName, encoded: String| {
            let value = HeaderValue::try_from(encoded);
            (name, value.expect("what is percent-encoded is ASCII"))
        };
        let till = self.till.as_ref();
        let till = till.map(|till| header(ON_BEHALF_OF, till.encoded()));
        let store = self.store.as_ref();
        let store = store.map(|store| header(ACTING_STORE, percent_encoded(store.as_str())));
        till.into_iter().chain(store)
    }
}

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

    /// Sends an update once. It should have a key: central refuses one without.
    ///
    /// # Errors
    ///
    /// [`CallError::effect`] says whether it may have been done; when it may, the same update with the same key
    /// settles it.
    pub async fn update(&self, update: &Update, from: &Origin) -> Result<Answered, CallError> {
        let deadlines = self.deadlines(Duration::ZERO);
        let request = self.update_request(update, from);
        let passed = self.attempt(&request, deadlines, &mut 0).await?;
        Ok(Answered {
            updated: parse(&passed.body, request.once_sent)?,
            replayed: passed.replayed,
            body: passed.body,
        })
    }

    /// Sends updates once, in order, to be decided each on its own. Each must have a key. The answers are in the same order.
    ///
    /// # Errors
    ///
    /// As [`Self::update`]: nothing is known of each.
    pub async fn batch(
        &self,
        updates: Vec<BatchRow>,
        trace: Option<TraceParent>,
    ) -> Result<Vec<RowAnswer>, CallError> {
        let count = updates.len();
        let json = serde_json::to_vec(&Batch { updates }).expect("updates are texts and numbers");
        let path = "/inventory/batch";
        let mut request = Request::post(path, path, Bytes::from(json));
        request.trace = trace.map(|parent| TraceContext {
            parent,
            state: None,
        });
        let reply = self.send(&request, self.deadlines(Duration::ZERO)).await?;
        let (head, body) = reply.read(self.0.settings.limits.batch_bytes_max).await?;
        let body = judge(&head, body, request.once_sent)?;
        let rows: Rows = parse(&body, request.once_sent)?;
        match rows.results.len() == count {
            true => Ok(rows.results),
            false => Err(CallError::NotUnderstood {
                status: Some(head.status.as_u16()),
                effect: request.once_sent,
                source: InvalidAnswer::Rows,
            }),
        }
    }

    /// Sends an update with the same key until it is settled, or until there is no time for another attempt: then it
    /// returns at once, and never after the deadline.
    ///
    /// # Errors
    ///
    /// As [`Self::update`], of all attempts together: when one of them may have been done, and none has found out, the
    /// outcome is unknown.
    pub async fn update_until(
        &self,
        update: &Update,
        from: &Origin,
        deadline: Instant,
    ) -> Result<Answered, CallError> {
        let request = self.update_request(update, from);
        let passed = self.settle(&request, deadline).await?;
        Ok(Answered {
            updated: parse(&passed.body, request.once_sent)?,
            replayed: passed.replayed,
            body: passed.body,
        })
    }

    /// Passes a call on as it is: one with a body until it is settled, as [`Self::update_until`] does, so its body must
    /// have a key; one without a body reads. `template` is the pattern of its path.
    ///
    /// # Errors
    ///
    /// As [`Self::update_until`]; of a read, that nothing is known that was not known before.
    pub async fn pass_until(
        &self,
        template: &'static str,
        target: &str,
        body: Option<Bytes>,
        from: &Origin,
        deadline: Instant,
    ) -> Result<Passed, CallError> {
        let mut request = match body {
            Some(json) => Request::post(template, target, json),
            None => Request::get(template, target.to_owned(), JSON),
        };
        request.headers.extend(from.headers());
        request.trace = from.trace.clone();
        self.settle(&request, deadline).await
    }

    /// Sends a request until it is settled, or until there is no time for another attempt.
    async fn settle(&self, request: &Request, deadline: Instant) -> Result<Passed, CallError> {
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

    /// Who this caller is, as central knows it, and whether another node calls itself the same store.
    ///
    /// # Errors
    ///
    /// Nothing is known that was not known before; the call has no effect.
    pub async fn whoami(&self, store: &StoreId, node: NodeId) -> Result<WhoAmI, CallError> {
        let store = percent_encoded(store.as_str());
        let target = format!("/whoami?storeId={store}&node={node}");
        let request = Request::get("/whoami", target, JSON);
        let reply = self.send(&request, self.deadlines(Duration::ZERO)).await?;
        let reply = self.expect_ok(reply).await?;
        let (_, body) = reply.read(self.0.settings.limits.answer_bytes_max).await?;
        parse(&body, request.once_sent)
    }

    /// How central is.
    ///
    /// # Errors
    ///
    /// Nothing is known that was not known before; the call has no effect.
    pub async fn readiness(&self) -> Result<Readiness, CallError> {
        let request = Request::get("/readyz", "/readyz".to_owned(), JSON);
        let reply = self.send(&request, self.deadlines(Duration::ZERO)).await?;
        let reply = self.expect_ok(reply).await?;
        let (_, body) = reply.read(self.0.settings.limits.answer_bytes_max).await?;
        parse(&body, request.once_sent)
    }

    /// All products at one offset.
    ///
    /// # Errors
    ///
    /// Nothing is known that was not known before; the call has no effect.
    pub async fn snapshot(&self) -> Result<StateSnapshot, CallError> {
        let path = "/replication/snapshot";
        let request = Request::get(path, path.to_owned(), JSON);
        let reply = self.send(&request, self.deadlines(Duration::ZERO)).await?;
        let bytes_max = self.0.settings.limits.snapshot_bytes_max;
        let reply = self.expect_ok(reply).await?;
        snapshot::read(reply, bytes_max, self.0.settings.timeouts.silence).await
    }

    /// The events after a position, at most so many unless a request has more; when there are none, it waits for one,
    /// as long as it may: in whole seconds, up to a minute.
    ///
    /// # Errors
    ///
    /// Nothing is known that was not known before; the call has no effect. After [`CallError::Gone`] the position is
    /// of no use any more.
    pub async fn changes(
        &self,
        from: &Position,
        limit: u64,
        long_poll: Duration,
    ) -> Result<Changes<'static>, CallError> {
        let seconds = long_poll.as_secs().min(LONG_POLL_S_MAX);
        let Position {
            offset,
            epoch,
            chain,
        } = from;
        let target = format!(
            "/replication/changes?fromOffset={offset}&epoch={epoch}&chain={chain}&limit={limit}&longPollSeconds={seconds}"
        );
        let request = Request::get("/replication/changes", target, JSON);
        let deadlines = self.deadlines(Duration::from_secs(seconds));
        let reply = self.send(&request, deadlines).await?;
        let reply = self.expect_ok(reply).await?;
        let (_, body) = reply.read(self.0.settings.limits.page_bytes_max).await?;
        parse(&body, request.once_sent)
    }

    fn update_request(&self, update: &Update, from: &Origin) -> Request {
        let json = serde_json::to_vec(update).expect("an update is made of texts and numbers");
        let path = "/inventory/updates";
        let mut request = Request::post(path, path, Bytes::from(json));
        request.headers.extend(from.headers());
        request.trace = from.trace.clone();
        request
    }

    /// Sends a request that was sent so often before.
    async fn attempt(
        &self,
        request: &Request,
        deadlines: Deadlines,
        sent: &mut u32,
    ) -> Result<Passed, CallError> {
        let reply = send(&self.0.pool, &self.0.settings, request, deadlines, sent).await?;
        let (head, body) = reply.read(self.0.settings.limits.answer_bytes_max).await?;
        let body = judge(&head, body, request.once_sent)?;
        Ok(Passed {
            status: head.status,
            replayed: head.headers.contains_key(&IDEMPOTENT_REPLAYED),
            body,
        })
    }

    /// A success, its body unread. The body of anything else is read, and says what it means.
    async fn expect_ok(&self, reply: Reply) -> Result<Reply, CallError> {
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

    async fn send(&self, request: &Request, deadlines: Deadlines) -> Result<Reply, CallError> {
        send(&self.0.pool, &self.0.settings, request, deadlines, &mut 0).await
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
