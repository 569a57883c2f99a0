//! What the outbox's thread is asked for.

use std::collections::BTreeSet;

use inventory_core::vocabulary::ProductId;
use tokio::sync::oneshot;

use super::super::change::{Change, Changed};
use super::super::error::{ChangeError, OutboxFailed};
use super::super::intent::Intent;
use super::super::key::IntentKey;
use super::super::machine::Heard;

/// A wish, and where the answer goes.
pub(super) enum Ask {
    Change(
        Vec<Change>,
        oneshot::Sender<Vec<Result<Changed, ChangeError>>>,
    ),
    Start {
        most: usize,
        aside: BTreeSet<ProductId>,
        reply: oneshot::Sender<Result<Vec<Intent>, OutboxFailed>>,
    },
    Stop(Vec<IntentKey>),
    Hear(Heard),
}
