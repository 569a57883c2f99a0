//! A page of changes as JSON: the events are encoded already, and what several followers are sent is in memory once.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf as _, Bytes};
use hyper::body::{Body, Frame, SizeHint};
use inventory_core::engine::Reader;
use inventory_core::vocabulary::Sequence;

use super::encoded::EncodedEntry;
use crate::server::CHUNK_BYTES;

/// A page that is being sent.
#[derive(Debug)]
pub(crate) struct PageBody {
    parts: VecDeque<Bytes>,
    bytes: usize,
    /// Whose memory the parts are.
    _entries: Vec<Arc<EncodedEntry>>,
}

impl PageBody {
    /// The events after a position, and where the log ends.
    pub(crate) fn new(reader: &Reader, after: Sequence, entries: Vec<Arc<EncodedEntry>>) -> Self {
        let next = entries.last().map_or(after, |entry| entry.last());
        let head = reader.head().sequence;
        let (more, epoch) = (head > next, reader.epoch());
        let mut parts = VecDeque::with_capacity(entries.len() + 2);
        parts.push_back(Bytes::from_static(b"{\"events\":["));
        parts.extend(entries.iter().map(|entry| entry.json().clone()));
        if let Some(last) = parts.back_mut().filter(|_| !entries.is_empty()) {
            // The comma after the last event.
            last.truncate(last.len() - 1);
        }
        let end = format!(
            r#"],"nextOffset":{next},"hasMore":{more},"headOffset":{head},"epoch":"{epoch}"}}"#
        );
        parts.push_back(end.into());
        Self {
            bytes: parts.iter().map(Bytes::len).sum(),
            parts,
            _entries: entries,
        }
    }

    /// The page as a whole, when it is small.
    pub(crate) fn whole(&mut self) -> Option<Bytes> {
        (self.bytes <= CHUNK_BYTES).then(|| self.chunk())
    }

    fn chunk(&mut self) -> Bytes {
        let mut out = Vec::with_capacity(self.bytes.min(CHUNK_BYTES));
        while let Some(part) = self.parts.front_mut() {
            let taken = part.len().min(CHUNK_BYTES - out.len());
            out.extend_from_slice(&part[..taken]);
            part.advance(taken);
            if !part.is_empty() {
                break;
            }
            self.parts.pop_front();
        }
        self.bytes -= out.len();
        out.into()
    }
}

impl Body for PageBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready((self.bytes > 0).then(|| Ok(Frame::data(self.chunk()))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes as u64)
    }
}
