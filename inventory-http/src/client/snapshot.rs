//! A snapshot, parsed while it arrives: its text is never held as a whole.

use std::io::{self, Read};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use http_body_util::BodyExt as _;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::error::{CallError, Failure, InvalidAnswer};
use super::exchange::Reply;
use crate::wire::StateSnapshot;

/// Pieces that may wait for the parser: enough that it never waits, few enough to be nothing.
const PIECES: usize = 8;

/// Bytes that have arrived, for a parser that waits on a thread of its own.
struct Arriving {
    pieces: mpsc::Receiver<Bytes>,
    now: Bytes,
}

impl Read for Arriving {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.now.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.now = piece,
                None => return Ok(0),
            }
        }
        let length = into.len().min(self.now.len());
        self.now.copy_to_slice(&mut into[..length]);
        Ok(length)
    }
}

/// Reads the body of a success to its end.
pub(super) async fn read(
    mut reply: Reply,
    bytes_max: u64,
    silence: Duration,
) -> Result<StateSnapshot, CallError> {
    let (send, pieces) = mpsc::channel(PIECES);
    let parsing = spawn_blocking(move || {
        let arriving = Arriving {
            pieces,
            now: Bytes::new(),
        };
        serde_json::from_reader(io::BufReader::new(arriving))
    });
    let fed = feed(&mut reply, &send, bytes_max, silence).await;
    drop(send);
    let parsed: Result<StateSnapshot, serde_json::Error> =
        parsing.await.expect("the parser does not panic");
    // What broke on the way explains what the parser says of the rest.
    fed?;
    let snapshot =
        parsed.map_err(|error| reply.failed(reply.misfit(InvalidAnswer::Json(error))))?;
    reply.lease.keep();
    Ok(snapshot)
}

/// Hands over piece by piece. A parser that has given up takes no more.
async fn feed(
    reply: &mut Reply,
    parser: &mpsc::Sender<Bytes>,
    bytes_max: u64,
    silence: Duration,
) -> Result<(), CallError> {
    let mut total = 0_u64;
    loop {
        let frame = match timeout(silence, reply.body.frame()).await {
            Err(_) => {
                reply.lease.doubt();
                return Err(reply.failed(reply.once_sent.failed(Failure::Silence, None)));
            }
            Ok(None) => return Ok(()),
            Ok(Some(Err(error))) => {
                return Err(reply.failed(reply.once_sent.failed(Failure::Broken(error), None)));
            }
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(piece) = frame.into_data() else {
            continue;
        };
        total += piece.len() as u64;
        if total > bytes_max {
            return Err(reply.failed(reply.misfit(InvalidAnswer::TooLarge { bytes_max })));
        }
        if parser.send(piece).await.is_err() {
            return Ok(());
        }
    }
}
