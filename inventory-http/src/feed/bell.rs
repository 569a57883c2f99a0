//! Wakes whoever is parked when the log has grown: one wake-up on the writer's thread, whatever their number.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use inventory_core::engine::Reader;
use inventory_core::vocabulary::Sequence;
use tokio::sync::{Notify, watch};

/// The bell of one feed.
#[derive(Debug)]
pub(super) struct Bell {
    reader: Reader,
    /// Whether the engine has been asked to ring.
    armed: AtomicBool,
    rung: Notify,
    woken: watch::Sender<()>,
    parked: AtomicUsize,
}

/// One who is parked, until this is dropped.
struct Parked<'a>(&'a AtomicUsize);

impl Drop for Parked<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Bell {
    /// A bell, and the task that passes on its rings as long as the runtime lives.
    pub(super) fn hang(reader: Reader) -> Arc<Self> {
        let bell = Arc::new(Self {
            reader,
            armed: AtomicBool::new(false),
            rung: Notify::new(),
            woken: watch::Sender::new(()),
            parked: AtomicUsize::new(0),
        });
        let ringing = Arc::clone(&bell);
        tokio::spawn(async move {
            loop {
                ringing.rung.notified().await;
                ringing.woken.send_replace(());
            }
        });
        bell
    }

    /// How many are parked.
    pub(super) fn parked(&self) -> usize {
        self.parked.load(Ordering::Relaxed)
    }

    /// Waits until there is something after a position.
    pub(super) async fn grown(self: &Arc<Self>, position: Sequence) {
        self.parked.fetch_add(1, Ordering::Relaxed);
        let _parked = Parked(&self.parked);
        let mut woken = self.woken.subscribe();
        loop {
            // Armed first, then looked: growth in between is seen by one of the two.
            self.arm(position);
            if self.reader.head().sequence > position {
                return;
            }
            if woken.changed().await.is_err() {
                return;
            }
        }
    }

    fn arm(self: &Arc<Self>, position: Sequence) {
        if self.armed.swap(true, Ordering::SeqCst) {
            return;
        }
        let bell = Arc::clone(self);
        self.reader.subscribe(position).when_ready(move || {
            bell.armed.store(false, Ordering::SeqCst);
            bell.rung.notify_one();
        });
    }
}
