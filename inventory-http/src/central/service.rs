//! What the handlers of central share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use inventory_core::engine::{Answer as Answered, EngineError, Reader};
use inventory_core::machine::{Annotations, Ledger, Request};
use inventory_core::ports::Clock;
use inventory_core::vocabulary::{IdempotencyKey, StoreId, Timestamp};
use inventory_core::writer::Writer;
use parking_lot::Mutex;
use tokio::sync::{Semaphore, oneshot, watch};

use super::images::Images;
use super::letters::Letters;
use super::nodes::Nodes;
use super::refusal;
use crate::Causes;
use crate::feed::Feed;
use crate::server::params;
use crate::server::{ApiError, Call, DiskWatch, Limits, Prepared, Speaker, Stopping, Trouble};
use crate::telemetry::{Telemetry, UpdateOutcome};

/// Searches of the past that run at once: each keeps a core busy that sales could use.
pub(super) const SEARCHES_MAX: usize = 4;

/// Digits of the epoch in an entity tag: after a restore the same version is another state.
const EPOCH_DIGITS: usize = 8;

/// The engine behind the calls.
pub struct Central {
    parts: Parts,
    reader: Reader,
    feed: Feed,
    images: Images,
    searches: Arc<Semaphore>,
    failed: watch::Sender<bool>,
    disk: DiskWatch,
    /// Writes that are refused, for instance by a full disk.
    writes: Trouble,
    nodes: Mutex<Nodes>,
    /// What entity tags begin with.
    tag_start: String,
}

/// What central is made of.
pub(super) struct Parts {
    pub(super) writer: Writer,
    pub(super) letters: Letters,
    pub(super) clock: Arc<dyn Clock>,
    /// For how long an idempotency key is to be remembered.
    pub(super) key_age_ms: u64,
    pub(super) stopping: Stopping,
    /// How long an append may take before nobody waits for it any more.
    pub(super) disk_patience: Duration,
    /// Snapshots that cannot be saved.
    pub(super) snapshots: Arc<Trouble>,
    /// Old events that the log cannot give up.
    pub(super) purges: Arc<Trouble>,
    /// What is bounded.
    pub(super) limits: Limits,
    pub(super) telemetry: Telemetry,
    pub(super) openapi: Prepared,
}

impl fmt::Debug for Central {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Central")
            .field("writer", &self.parts.writer)
            .finish_non_exhaustive()
    }
}

impl Central {
    /// Central on a writer. Must be made inside the runtime.
    pub(super) fn new(parts: Parts) -> Self {
        let reader = parts.writer.reader();
        Self {
            feed: Feed::new(reader.clone(), &parts.limits),
            images: Images::new(&parts.limits),
            tag_start: format!("\"{}-", &reader.epoch().to_string()[..EPOCH_DIGITS]),
            reader,
            searches: Arc::new(Semaphore::new(SEARCHES_MAX)),
            failed: watch::Sender::new(false),
            disk: DiskWatch::new(parts.disk_patience),
            writes: Trouble::new("nothing can be written"),
            nodes: Mutex::default(),
            parts,
        }
    }

    /// Reads what is durable.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// What the entity tag of every product begins with: the quote, the epoch and a hyphen.
    pub(super) fn tag_start(&self) -> &str {
        &self.tag_start
    }

    /// The turns of searches of the past.
    pub(super) fn searches(&self) -> &Arc<Semaphore> {
        &self.searches
    }

    /// The states that snapshots are made of.
    pub(super) fn images(&self) -> &Images {
        &self.images
    }

    pub(crate) fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Which nodes ask in the name of which store.
    pub(super) fn nodes(&self) -> &Mutex<Nodes> {
        &self.nodes
    }

    pub(super) fn letters(&self) -> &Letters {
        &self.parts.letters
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.parts.clock
    }

    /// Since when every key is remembered, when that is less long than it is to be: keys were forgotten for want of room.
    /// It is so until the oldest of those that are left would have been forgotten for its age.
    pub(super) fn keys_missing_before(&self) -> Option<Timestamp> {
        let since = self.reader.read(Ledger::keys_remembered_since);
        let age_ms = self.reader.time().now.millis_since(since);
        let forgotten = since > Timestamp::UNIX_EPOCH;
        (forgotten && age_ms < self.parts.key_age_ms).then_some(since)
    }

    pub(super) fn telemetry(&self) -> &Telemetry {
        &self.parts.telemetry
    }

    pub(super) fn openapi(&self) -> &Prepared {
        &self.parts.openapi
    }

    pub(super) fn disk(&self) -> &DiskWatch {
        &self.disk
    }

    /// Answers all that waits for its group: nothing of it was written.
    pub(super) fn refuse_queued(&self, cause: &'static str) {
        self.parts.writer.refuse_queued(cause);
    }

    /// Requests that wait for their group.
    pub fn queued(&self) -> usize {
        self.parts.writer.queued()
    }

    /// Whether the service stops.
    pub(super) fn stopping(&self) -> &Stopping {
        &self.parts.stopping
    }

    /// The disk answers again: who was refused meanwhile was refused for its silence.
    pub(super) fn disk_answers(&self) {
        self.writes.over();
    }

    /// What goes wrong now, of what may be well again.
    pub(super) fn troubles(&self) -> impl Iterator<Item = String> {
        let troubles = [&self.writes, &*self.parts.snapshots, &*self.parts.purges];
        troubles.into_iter().filter_map(Trouble::reason)
    }

    /// Takes note of how a group has ended.
    fn note(&self, answered: &Result<Vec<Answered>, EngineError>) {
        match answered {
            Ok(_) => self.writes.over(),
            Err(error @ EngineError::NotWritten { .. }) if self.disk.silence().is_none() => {
                self.writes.failed(error, self.parts.clock.now());
            }
            // A silent disk, the clock and an engine that has stopped have lines of their own.
            Err(_) => {}
        }
    }

    /// Counts a request that changes stock, and that is refused without asking the writer.
    pub(super) fn refused_unasked(&self) {
        let instruments = self.parts.telemetry.instruments();
        instruments.update(UpdateOutcome::Refused, 1);
    }

    /// Whether the engine has stopped by itself.
    pub(super) fn has_failed(&self) -> bool {
        *self.failed.borrow()
    }

    /// Waits until the engine has stopped by itself.
    pub(super) async fn engine_failed(&self) {
        let mut failed = self.failed.subscribe();
        let _ = failed.wait_for(|failed| *failed).await;
    }

    /// Makes requests durable together, and answers each on its own. What was handed over is finished even when nobody
    /// waits for the answer any more, and nobody waits for a disk that does not answer.
    pub(super) async fn submit(&self, requests: Vec<Request>) -> Result<Vec<Answered>, ApiError> {
        if let Some(silence) = self.disk.silence() {
            return Err(refusal::disk_silent(silence));
        }
        let (reply, answer) = oneshot::channel();
        let failed = self.failed.clone();
        self.parts
            .writer
            .submit(requests, move |answered| {
                if let Err(error) = &answered
                    && !error.engine_goes_on()
                    && !failed.send_replace(true)
                {
                    tracing::error!(error = %Causes(error), "the engine has stopped");
                }
                // Whoever asked may have gone.
                let _ = reply.send(answered);
            })
            .map_err(refusal::not_taken)?;
        tokio::select! {
            biased;
            answer = answer => match answer {
                Ok(answered) => {
                    self.note(&answered);
                    answered.map_err(|error| refusal::not_answered(&error))
                }
                Err(_) => Err(refusal::outcome_unknown()),
            },
            () = self.disk.falls_silent() => Err(refusal::outcome_unknown()),
        }
    }

    /// Finishes what was taken, and closes the engine: waits for the disk.
    pub(super) fn close(&self) {
        drop(self.parts.writer.stop());
    }
}

impl Call<Central> {
    /// Makes requests durable together, as part of this call's trace, in its caller's name and within the stores that the caller
    /// may write for, and answers each on its own.
    ///
    /// # Errors
    ///
    /// 503: nothing was taken, nothing was written, or nobody knows; the message says which.
    pub(super) async fn submit(&self, requests: Vec<Request>) -> Result<Vec<Answered>, ApiError> {
        let speaker = self.speaker()?;
        let spoken = requests.into_iter().map(|request| (request, None));
        self.submit_spoken(spoken, &speaker).await
    }

    /// As [`Call::submit`], of requests some of which are asked for somebody else than the others.
    pub(super) async fn submit_spoken(
        &self,
        requests: impl IntoIterator<Item = (Request, Option<Speaker>)>,
        speaker: &Speaker,
    ) -> Result<Vec<Answered>, ApiError> {
        let trace = self.span.trace().map(|trace| trace.parent);
        let trace = trace.filter(|trace| trace.is_sampled());
        let scope = self.scope()?;
        let requests = requests.into_iter().map(|(request, other)| {
            let said = request.annotations().cloned().unwrap_or_default();
            let Speaker { actor, owner } = other.unwrap_or_else(|| speaker.clone());
            let request = match owner {
                Some(owner) => request.by(owner),
                None => request,
            };
            let request = match &scope {
                Some(stores) => request.within(Arc::clone(stores)),
                None => request,
            };
            request.annotated(Annotations {
                trace,
                actor: Some(actor),
                ..said
            })
        });
        let requests: Vec<_> = requests.collect();
        let span = self.span.child("ApplyDelta");
        span.count("requests", requests.len() as u64);
        let answered = self.service().submit(requests).await;
        if let Err(error) = &answered {
            span.fail(error.to_string());
        }
        answered
    }

    /// Where anything may change: at the stores of the key, or only at the one that acts.
    fn scope(&self) -> Result<Option<Arc<[StoreId]>>, ApiError> {
        let Some(store) = params::acting_store(self)? else {
            return Ok(self.caller().scope());
        };
        self.caller().may_write_for(&store)?;
        Ok(Some([store].into()))
    }

    /// Who speaks: the caller, or somebody for whom it asks.
    ///
    /// # Errors
    ///
    /// The header that names them is wrong.
    pub(super) fn speaker(&self) -> Result<Speaker, ApiError> {
        let other = params::on_behalf_of(self)?;
        Ok(self.caller().speaker(other.as_ref()))
    }

    /// Whether a key of whoever speaks is remembered.
    ///
    /// # Errors
    ///
    /// As [`Call::speaker`].
    pub(super) fn is_known(&self, key: &IdempotencyKey) -> Result<bool, ApiError> {
        let owner = self.speaker()?.owner;
        let reader = self.service().reader();
        Ok(reader.read(|ledger| ledger.find(owner.as_ref(), key).is_some()))
    }

    /// As [`Call::submit`], for one request.
    pub(super) async fn submit_one(&self, request: Request) -> Result<Answered, ApiError> {
        let mut answers = self.submit(vec![request]).await?;
        Ok(answers.pop().expect("every request is answered"))
    }
}
