//! What the handlers and loops of a store share.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use inventory_core::ports::Clock;
use inventory_core::vocabulary::{Sequence, StoreId, Uptime};
use inventory_http::client::CentralClient;
use inventory_http::server::{ApiError, Prepared, Stopping, Trouble};
use inventory_http::telemetry::Telemetry;
use parking_lot::{Mutex, RwLock};
use tokio::sync::{Notify, watch};

use super::concerns::{About, Change, Concerns};
use super::settings::{OfflineWrites, Settings};
use crate::bodies::Freshness;
use crate::outbox::{Keeper, Reason};
use crate::replica::Replica;
use crate::sending::{Blocked, Sending};
use crate::syncer::{Millis, Syncer};

/// One store.
pub struct Store {
    pub(super) id: StoreId,
    pub(super) central: CentralClient,
    /// `None` until there is a copy.
    pub(super) replica: RwLock<Option<Replica>>,
    syncer: Mutex<Syncer>,
    /// Whether the copy is all that central has, as the syncer last said: readers look here without waiting for it.
    current: AtomicBool,
    /// When that was last proved.
    proved_at: AtomicU64,
    /// How long after that it is not taken for true any more.
    stale_after: Duration,
    /// What has last gone wrong with following central, while it does.
    pub(super) last_error: Mutex<Option<Blocked>>,
    /// Somebody has reason to think that central is not there.
    pub(super) doubted: Notify,
    pub(super) outbox: Keeper,
    /// What is sent of it next. Never locked while anything is waited for.
    pub(super) sending: Mutex<Sending>,
    /// When central last said since when it remembers keys, on this connection to it.
    pub(super) heard_at: Mutex<Option<Millis>>,
    /// Something was queued, or central is there again.
    pub(super) to_send: Notify,
    /// Central is there again: how often it was.
    pub(super) met: watch::Sender<u64>,
    /// What an operator has to change.
    concerns: Mutex<Concerns>,
    /// The replica has followed events, or was replaced.
    pub(super) to_save: Notify,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) telemetry: Telemetry,
    pub(super) stopping: Stopping,
    /// Saves of the copy that fail.
    pub(super) saving: Trouble,
    pub(super) openapi: Prepared,
    pub(super) offline_writes: OfflineWrites,
    pub(super) forward_timeout: Duration,
    started: Uptime,
}

/// What a store is made of.
pub(super) struct Parts {
    pub(super) central: CentralClient,
    pub(super) replica: Option<Replica>,
    pub(super) syncer: Syncer,
    pub(super) outbox: Keeper,
    pub(super) sending: Sending,
    pub(super) stale_after: Duration,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) telemetry: Telemetry,
    pub(super) stopping: Stopping,
    pub(super) openapi: Prepared,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Store {
    pub(super) fn new(settings: &Settings, parts: Parts) -> Self {
        let started = parts.clock.uptime();
        Self {
            id: settings.store.clone(),
            central: parts.central,
            replica: RwLock::new(parts.replica),
            syncer: Mutex::new(parts.syncer),
            current: AtomicBool::new(false),
            proved_at: AtomicU64::new(0),
            stale_after: parts.stale_after,
            last_error: Mutex::new(None),
            doubted: Notify::new(),
            outbox: parts.outbox,
            sending: Mutex::new(parts.sending),
            heard_at: Mutex::new(None),
            to_send: Notify::new(),
            met: watch::Sender::new(0),
            concerns: Mutex::default(),
            to_save: Notify::new(),
            clock: parts.clock,
            telemetry: parts.telemetry,
            stopping: parts.stopping,
            openapi: parts.openapi,
            offline_writes: settings.offline_writes,
            forward_timeout: settings.forward_timeout,
            started,
            saving: Trouble::new("the copy cannot be saved"),
        }
    }

    /// Now, for the syncer and for sending. It goes on while the machine is suspended: a copy grows old meanwhile.
    pub(super) fn now(&self) -> Millis {
        Millis::new(self.clock.uptime().millis_since(self.started))
    }

    /// Asks the syncer something.
    pub(super) fn ask_syncer<T>(&self, ask: impl FnOnce(&Syncer, Millis) -> T) -> T {
        ask(&self.syncer.lock(), self.now())
    }

    /// Tells the syncer something, and whoever waits for central that it is there again.
    pub(super) fn tell_syncer(&self, tell: impl FnOnce(&mut Syncer, Millis)) {
        let now = self.now();
        let (was_connected, is_connected) = {
            let mut syncer = self.syncer.lock();
            let was_connected = syncer.connected();
            tell(&mut syncer, now);
            let current = !syncer.is_stale(now);
            if let Some(age) = syncer.age(now) {
                let proved = now.since(Millis::default()).saturating_sub(age);
                self.proved_at
                    .store(proved.as_millis() as u64, Ordering::Release);
            }
            self.current.store(current, Ordering::Release);
            (was_connected, syncer.connected())
        };
        if !was_connected && is_connected {
            tracing::info!("central is there");
            *self.last_error.lock() = None;
            self.sending.lock().connected();
            *self.heard_at.lock() = None;
            self.to_send.notify_one();
            self.met.send_modify(|times| *times += 1);
        }
    }

    /// Takes what is known of a concern, and says once that there is one, and once that it is over.
    pub(super) fn concern(&self, about: About, reason: Option<String>) {
        let said = reason.clone().unwrap_or_default();
        match self.concerns.lock().note(about, reason) {
            Change::Began => tracing::warn!(store = %self.id, "{said}"),
            Change::Ended => {
                tracing::info!(store = %self.id, ?about, "what was wrong is well again")
            }
            Change::None => {}
        }
    }

    /// What an operator has to change.
    pub(super) fn concerns(&self) -> Vec<String> {
        self.concerns.lock().reasons().cloned().collect()
    }

    /// Tells what was sent what came of it, and says once that the queue is stopped, and once that it goes on.
    pub(super) fn tell_sending<T>(&self, tell: impl FnOnce(&mut Sending) -> T) -> T {
        let mut sending = self.sending.lock();
        let before = sending.blocked().map(|blocked| blocked.reason.clone());
        let told = tell(&mut sending);
        let after = sending.blocked().map(|blocked| &blocked.reason);
        match (&before, after) {
            (Some(_), None) => {
                tracing::info!(store = %self.id, "what is queued is sent again");
            }
            (before, Some(after)) if before.as_ref().map(Reason::code) != Some(after.code()) => {
                tracing::warn!(reason = %after, "nothing that is queued is sent");
            }
            (_, Some(_)) | (None, None) => {}
        }
        told
    }

    /// Whether central answers.
    pub(super) fn is_connected(&self) -> bool {
        self.ask_syncer(|syncer, _| syncer.connected())
    }

    /// How long ago the copy was last proved to be all that central had, in milliseconds; `None` when that is not known.
    pub(super) fn age_ms(&self) -> Option<u64> {
        let age = self.ask_syncer(|syncer, now| syncer.age(now));
        age.map(|age| age.as_millis() as u64)
    }

    /// How old what is read here may be.
    pub(super) fn freshness(&self, replica: &Replica) -> Freshness {
        let (age, is_stale) = match self.current.load(Ordering::Acquire) {
            true => {
                let proved = Millis::new(self.proved_at.load(Ordering::Acquire));
                let age = self.now().since(proved);
                (Some(age), age > self.stale_after)
            }
            false => self.ask_syncer(|syncer, now| (syncer.age(now), syncer.is_stale(now))),
        };
        Freshness {
            stale: is_stale,
            stale_for_ms: age.map(|age| age.as_millis() as u64),
            as_of_offset: replica.position().offset,
        }
    }

    /// How far central is known to be, and how far this store is.
    pub(super) fn offsets(&self) -> (Sequence, Sequence) {
        let here = self.replica.read().as_ref().map(Replica::position);
        let here = here.map(|position| position.offset).unwrap_or_default();
        let central = self.ask_syncer(|syncer, _| syncer.central_offset());
        (central.unwrap_or_default().max(here), here)
    }

    /// Reads the copy.
    ///
    /// # Errors
    ///
    /// 503 before there is one.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Replica) -> T) -> Result<T, ApiError> {
        match &*self.replica.read() {
            Some(replica) => Ok(read(replica)),
            None => Err(ApiError::unavailable(
                "this store has no copy of central yet, and cannot reach it",
            )),
        }
    }
}
