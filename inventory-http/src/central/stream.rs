//! The log as server-sent events.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame};
use inventory_core::vocabulary::Sequence;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::params::{CHAIN, EPOCH, FROM_OFFSET, LAST_EVENT_ID, checked};
use super::replication::check;
use super::service::Central;
use crate::feed::Claim;
use crate::server::{Answer, ApiError, CHUNK_BYTES, Call, Standing};
use crate::wire::Position;

/// A comment is sent this often when nothing happens, so that both sides notice a dead link.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Events that are read at once, or a whole request: what a follower that takes its time keeps in memory.
const PAGE_EVENTS: usize = 100;

/// GET /replication/stream
pub(super) async fn stream(call: Call<Central>) -> Result<Answer, ApiError> {
    let resumed = call
        .header(&LAST_EVENT_ID)
        .and_then(|id| id.parse::<Position>().ok());
    let service = Arc::clone(call.service());
    let claim = match (resumed, call.query.integer(&FROM_OFFSET)) {
        (Some(position), _) => Claim::from(position),
        (None, offset) => Claim {
            offset: offset.map_or_else(|| service.reader().head().sequence, Sequence::new),
            epoch: checked(&call, &EPOCH),
            chain: checked(&call, &CHAIN),
        },
    };
    let standing = call.standing();
    drop(call);
    check(&service, claim).await?;
    let (send, chunks) = mpsc::channel(1);
    tokio::spawn(follow(service, claim.offset, standing, send));
    Ok(Answer::streamed(
        "text/event-stream",
        Box::pin(Chunks(chunks)),
    ))
}

/// Sends until the client goes or is not known any more, the service stops, or the position is lost; the client then asks
/// again.
async fn follow(
    service: Arc<Central>,
    mut position: Sequence,
    mut standing: Standing,
    send: mpsc::Sender<Bytes>,
) {
    // At once, so that the client knows that it is connected, and how long to wait when it is so no more.
    let mut chunk = Bytes::from_static(b"retry: 1000\n: connected\n\n");
    loop {
        let sent = tokio::select! {
            biased;
            () = standing.lost() => return,
            sent = send.send(chunk) => sent,
        };
        if sent.is_err() || service.stopping().has_begun() {
            return;
        }
        let woken = tokio::select! {
            woken = timeout(HEARTBEAT, service.feed().grown(position)) => woken.is_ok(),
            () = service.stopping().begun() => return,
            () = standing.lost() => return,
            () = send.closed() => return,
        };
        if !woken {
            let head = service.reader().head().sequence;
            chunk = format!(": head {head}\n\n").into();
            continue;
        }
        let entries = match service.feed().after(position, PAGE_EVENTS).await {
            Ok(entries) => entries,
            Err(error) => {
                // The client comes back, and is told then what is wrong.
                tracing::warn!(%position, %error, "a stream of events ends before its client does");
                return;
            }
        };
        let epoch = service.reader().epoch();
        let mut frames = BytesMut::new();
        for entry in &entries {
            let id = Position {
                epoch,
                offset: entry.last(),
                chain: entry.chain(),
            };
            for (offset, kind, json) in entry.events() {
                // Between two events of a request nobody stands: the id is that of its end.
                let id = (offset == id.offset).then_some(id);
                push_frame(&mut frames, id, kind, &json);
                if frames.len() >= CHUNK_BYTES && send.send(frames.split().freeze()).await.is_err()
                {
                    return;
                }
            }
        }
        chunk = frames.freeze();
        position = entries.last().map_or(position, |entry| entry.last());
    }
}

fn push_frame(out: &mut BytesMut, id: Option<Position>, kind: &str, json: &[u8]) {
    if let Some(id) = id {
        out.extend_from_slice(format!("id: {id}\n").as_bytes());
    }
    out.extend_from_slice(format!("event: {kind}\ndata: ").as_bytes());
    out.extend_from_slice(json);
    out.extend_from_slice(b"\n\n");
}

/// A body of chunks that somebody else makes.
struct Chunks(mpsc::Receiver<Bytes>);

impl Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let chunk = self.0.poll_recv(context);
        chunk.map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk))))
    }
}
