//! What the handlers and loops of a store share.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use inventory_core::ports::Clock;
use inventory_core::vocabulary::StoreId;
use inventory_http::kit::{ApiError, Code};
use inventory_http::telemetry::Telemetry;
use parking_lot::{Mutex, RwLock};
use tokio::sync::{Notify, watch};

use super::settings::{OfflineWrites, Settings};
use crate::bodies::Freshness;
use crate::client::Central;
use crate::outbox::Outbox;
use crate::replica::Replica;
use crate::syncer::{Millis, Syncer};

/// One store.
pub struct Store {
    pub(super) id: StoreId,
    pub(super) central: Central,
    /// `None` until there is a copy.
    pub(super) replica: RwLock<Option<Replica>>,
    pub(super) syncer: Mutex<Syncer>,
    pub(super) outbox: Mutex<Outbox>,
    /// Something was queued, or central is there again.
    pub(super) to_send: Notify,
    /// The replica has followed events, or was replaced.
    pub(super) to_save: Notify,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) telemetry: Telemetry,
    pub(super) stopping: watch::Receiver<bool>,
    pub(super) openapi: Bytes,
    pub(super) offline_writes: OfflineWrites,
    pub(super) rebase: bool,
    pub(super) forward_timeout: std::time::Duration,
    started: Instant,
}

/// What a store is made of.
pub(super) struct Parts {
    pub(super) central: Central,
    pub(super) replica: Option<Replica>,
    pub(super) syncer: Syncer,
    pub(super) outbox: Outbox,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) telemetry: Telemetry,
    pub(super) stopping: watch::Receiver<bool>,
    pub(super) openapi: Bytes,
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
        Self {
            id: settings.store.clone(),
            central: parts.central,
            replica: RwLock::new(parts.replica),
            syncer: Mutex::new(parts.syncer),
            outbox: Mutex::new(parts.outbox),
            to_send: Notify::new(),
            to_save: Notify::new(),
            clock: parts.clock,
            telemetry: parts.telemetry,
            stopping: parts.stopping,
            openapi: parts.openapi,
            offline_writes: settings.offline_writes,
            rebase: settings.rebase,
            forward_timeout: settings.forward_timeout,
            started: Instant::now(),
        }
    }

    /// Now, for the syncer.
    pub(super) fn now(&self) -> Millis {
        Millis::new(self.started.elapsed().as_millis() as u64)
    }

    /// Whether central answers.
    pub(super) fn is_connected(&self) -> bool {
        self.syncer.lock().connected()
    }

    /// How old what is read here may be.
    pub(super) fn freshness(&self, replica: &Replica) -> Freshness {
        let stale_for = self.syncer.lock().stale_for(self.now());
        Freshness {
            stale: stale_for.is_some(),
            stale_for_ms: stale_for.map_or(0, |age| age.as_millis() as u64),
            as_of_offset: replica.position().offset,
        }
    }

    /// Reads the copy.
    ///
    /// # Errors
    ///
    /// 503 before there is one.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Replica) -> T) -> Result<T, ApiError> {
        match &*self.replica.read() {
            Some(replica) => Ok(read(replica)),
            None => Err(ApiError::new(
                Code::Unavailable,
                "this store has no copy of central yet, and cannot reach it",
            )
            .with_retry_after(1)),
        }
    }

    /// Waits until the store is told to stop.
    pub(super) async fn stopping(&self) {
        let mut stopping = self.stopping.clone();
        // An error says that whoever would tell is gone, which is the same.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    }
}
