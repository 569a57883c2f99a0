//! Central, as its calls.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use inventory_core::vocabulary::{StoreId, TraceParent};
use inventory_http::telemetry::TraceContext;
use inventory_http::wire::headers::{ACTING_STORE, IDEMPOTENT_REPLAYED, ON_BEHALF_OF};
use inventory_http::wire::{
    Batch, BatchRow, Changes, KeyName, NodeId, Position, Readiness, StateSnapshot, Update, WhoAmI,
    percent_encoded,
};
use tokio::time::{Instant, sleep_until};

use super::answer::{Answered, Passed, judge, parse};
use super::attempts::{Attempts, Next, Randomness};
use super::batch::{RowAnswer, Rows};
use super::error::{CallError, Misfit};
use super::exchange::{Ask, Clock, Reply, send};
use super::pool::Pool;
use super::settings::CentralSettings;
use super::snapshot;

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
pub struct Central(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: CentralSettings,
    pool: Arc<Pool>,
    randomness: Randomness,
}

impl Central {
    /// A client that connects when it is first called.
    pub fn new(settings: CentralSettings) -> Self {
        Self::with_randomness(settings, Randomness::of_system())
    }

    /// A client whose jitter comes from somewhere else.
    pub fn with_randomness(settings: CentralSettings, randomness: Randomness) -> Self {
        let (url, kept) = (settings.url.clone(), settings.timeouts.kept);
        let pool = Arc::new(Pool::new(url, kept, settings.connections_max));
        Self(Arc::new(Inner {
            settings,
            pool,
            randomness,
        }))
    }

    /// Sends an update once. It should have a key: central refuses one without.
    ///
    /// # Errors
    ///
    /// [`CallError::outcome`] says whether it may have been done; when it may, the same update with the same key
    /// settles it.
    pub async fn update(&self, update: &Update, from: &Origin) -> Result<Answered, CallError> {
        let clock = self.clock(Duration::ZERO);
        let ask = self.ask_update(update, from);
        let passed = self.attempt(&ask, clock, &mut 0).await?;
        Ok(Answered {
            updated: parse(&passed.body, ask.once_sent)?,
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
        let mut ask = Ask::post(path, path, Bytes::from(json));
        ask.trace = trace.map(|parent| TraceContext {
            parent,
            state: None,
        });
        let reply = self.send(&ask, self.clock(Duration::ZERO)).await?;
        let (head, body) = reply.read(self.0.settings.limits.batch_bytes_max).await?;
        let body = judge(&head, body, ask.once_sent)?;
        let rows: Rows = parse(&body, ask.once_sent)?;
        match rows.results.len() == count {
            true => Ok(rows.results),
            false => Err(CallError::NotUnderstood {
                status: Some(head.status.as_u16()),
                outcome: ask.once_sent,
                source: Misfit::Rows,
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
        let ask = self.ask_update(update, from);
        let passed = self.settle(&ask, deadline).await?;
        Ok(Answered {
            updated: parse(&passed.body, ask.once_sent)?,
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
        let mut ask = match body {
            Some(json) => Ask::post(template, target, json),
            None => Ask::get(template, target.to_owned(), JSON),
        };
        ask.headers.extend(from.headers());
        ask.trace = from.trace.clone();
        self.settle(&ask, deadline).await
    }

    /// Sends a request until it is settled, or until there is no time for another attempt.
    async fn settle(&self, ask: &Ask, deadline: Instant) -> Result<Passed, CallError> {
        let clock = Clock {
            deadline: Some(deadline),
            ..self.clock(Duration::ZERO)
        };
        let mut attempts = Attempts::new(self.0.settings.backoff);
        let mut sent = 0;
        loop {
            let error = match self.attempt(ask, clock, &mut sent).await {
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
        let ask = Ask::get("/whoami", target, JSON);
        let reply = self.send(&ask, self.clock(Duration::ZERO)).await?;
        let reply = self.expect_ok(reply).await?;
        let (_, body) = reply.read(self.0.settings.limits.answer_bytes_max).await?;
        parse(&body, ask.once_sent)
    }

    /// How central is.
    ///
    /// # Errors
    ///
    /// Nothing is known that was not known before; the call has no effect.
    pub async fn readiness(&self) -> Result<Readiness, CallError> {
        let ask = Ask::get("/readyz", "/readyz".to_owned(), JSON);
        let reply = self.send(&ask, self.clock(Duration::ZERO)).await?;
        let reply = self.expect_ok(reply).await?;
        let (_, body) = reply.read(self.0.settings.limits.answer_bytes_max).await?;
        parse(&body, ask.once_sent)
    }

    /// All products at one offset.
    ///
    /// # Errors
    ///
    /// Nothing is known that was not known before; the call has no effect.
    pub async fn snapshot(&self) -> Result<StateSnapshot, CallError> {
        let path = "/replication/snapshot";
        let ask = Ask::get(path, path.to_owned(), JSON);
        let reply = self.send(&ask, self.clock(Duration::ZERO)).await?;
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
        let ask = Ask::get("/replication/changes", target, JSON);
        let clock = self.clock(Duration::from_secs(seconds));
        let reply = self.send(&ask, clock).await?;
        let reply = self.expect_ok(reply).await?;
        let (_, body) = reply.read(self.0.settings.limits.page_bytes_max).await?;
        parse(&body, ask.once_sent)
    }

    fn ask_update(&self, update: &Update, from: &Origin) -> Ask {
        let json = serde_json::to_vec(update).expect("an update is made of texts and numbers");
        let path = "/inventory/updates";
        let mut ask = Ask::post(path, path, Bytes::from(json));
        ask.headers.extend(from.headers());
        ask.trace = from.trace.clone();
        ask
    }

    /// Sends a request that was sent so often before.
    async fn attempt(&self, ask: &Ask, clock: Clock, sent: &mut u32) -> Result<Passed, CallError> {
        let reply = send(&self.0.pool, &self.0.settings, ask, clock, sent).await?;
        let (head, body) = reply.read(self.0.settings.limits.answer_bytes_max).await?;
        let body = judge(&head, body, ask.once_sent)?;
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

    async fn send(&self, ask: &Ask, clock: Clock) -> Result<Reply, CallError> {
        send(&self.0.pool, &self.0.settings, ask, clock, &mut 0).await
    }

    fn clock(&self, patience: Duration) -> Clock {
        let timeouts = self.0.settings.timeouts;
        Clock {
            connect: timeouts.connect,
            answer: timeouts.answer.saturating_add(patience),
            deadline: None,
        }
    }
}
