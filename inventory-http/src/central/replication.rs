//! What replicas follow: a snapshot, then pages of the log.

use std::sync::Arc;
use std::time::Duration;

use inventory_core::vocabulary::Sequence;

use super::params::{CHAIN, CHANGES_LIMIT, EPOCH, FROM_OFFSET, LONG_POLL, checked};
use super::service::Central;
use crate::feed::{Claim, PageBody, SnapshotBody, gone};
use crate::server::{Answer, ApiError, Call};

/// GET /replication/snapshot
pub(super) fn snapshot(call: &Call<Central>) -> Result<Answer, ApiError> {
    let service = call.service();
    let reader = service.reader();
    let (image, share) = service.images().take(reader)?;
    let body = SnapshotBody::new(image, share, reader.epoch());
    Ok(Answer::streamed("application/json", Box::pin(body)))
}

/// GET /replication/changes
pub(super) async fn changes(call: Call<Central>) -> Result<Answer, ApiError> {
    let claim = Claim {
        offset: Sequence::new(call.query.integer(&FROM_OFFSET).unwrap_or_default()),
        epoch: checked(&call, &EPOCH),
        chain: checked(&call, &CHAIN),
    };
    let limit = call
        .query
        .integer(&CHANGES_LIMIT)
        .expect("it has a default") as usize;
    let patience = call.query.integer(&LONG_POLL).expect("it has a default");
    let service = Arc::clone(call.service());
    let behind = service.reader().head().sequence.events_since(claim.offset);
    service.telemetry().instruments().follower_asked(behind);
    // What is not needed any more is not kept while the call is parked.
    drop(call);
    check(&service, claim).await?;
    if patience > 0 {
        let grown = service.feed().grown(claim.offset);
        tokio::select! {
            _ = tokio::time::timeout(Duration::from_secs(patience), grown) => {}
            () = service.stopping().begun() => {}
        }
    }
    let entries = service.feed().after(claim.offset, limit).await?;
    let mut page = PageBody::new(service.reader(), claim.offset, entries);
    Ok(match page.whole() {
        Some(whole) => Answer::json_bytes(whole),
        None => Answer::streamed("application/json", Box::pin(page)),
    })
}

/// Whether the log can be followed from where somebody says to stand.
pub(super) async fn check(service: &Arc<Central>, claim: Claim) -> Result<(), ApiError> {
    let reader = service.reader();
    claim.check(reader).map_err(|reason| gone(reader, reason))?;
    if claim.chain.is_some() && claim.offset < reader.head().sequence {
        let reading = reader.clone();
        let checked = tokio::task::spawn_blocking(move || claim.check_chain(&reading)).await;
        if let Ok(Err(reason)) = checked {
            return Err(gone(reader, reason));
        }
    }
    Ok(())
}
