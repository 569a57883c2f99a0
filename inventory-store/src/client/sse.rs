//! Server-sent events, as central writes them, cut out of bytes: no I/O.

use bytes::{Buf as _, BytesMut};
use inventory_http::wire::WireEvent;
use memchr::memchr;

use super::error::Misfit;
use super::position::EventId;

/// What comes out of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamItem {
    /// Something has happened.
    Event {
        /// Where a follower stands once it has the event; `None` within a request.
        id: Option<EventId>,
        /// What has happened.
        event: Box<WireEvent<'static>>,
    },
    /// Central is there, and has nothing new.
    Heartbeat,
}

/// Bytes that have arrived, and the event that they have begun.
#[derive(Debug)]
pub(super) struct Frames {
    bytes: BytesMut,
    /// How much of the bytes has no end of a line in it.
    searched: usize,
    id: Option<EventId>,
    data: Vec<u8>,
    bytes_max: u64,
}

impl Frames {
    pub(super) fn new(bytes_max: u64) -> Self {
        Self {
            bytes: BytesMut::new(),
            searched: 0,
            id: None,
            data: Vec::new(),
            bytes_max,
        }
    }

    /// Takes bytes that have arrived.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next item; `None` when more bytes have to arrive first. After an error there is no going on.
    pub(super) fn next(&mut self) -> Result<Option<StreamItem>, Misfit> {
        loop {
            let Some(length) = memchr(b'\n', &self.bytes[self.searched..]) else {
                self.searched = self.bytes.len();
                self.check(self.bytes.len())?;
                return Ok(None);
            };
            let mut line = self.bytes.split_to(self.searched + length);
            self.bytes.advance(1);
            self.searched = 0;
            if line.last() == Some(&b'\r') {
                line.truncate(line.len() - 1);
            }
            if let Some(item) = self.line(&line)? {
                return Ok(Some(item));
            }
        }
    }

    fn line(&mut self, line: &[u8]) -> Result<Option<StreamItem>, Misfit> {
        if line.is_empty() {
            return self.end();
        }
        let (field, value) = match memchr(b':', line) {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (line, &b""[..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            // A comment.
            b"" => return Ok(Some(StreamItem::Heartbeat)),
            b"id" => {
                let text = str::from_utf8(value).map_err(|_| Misfit::EventId)?;
                self.id = Some(text.parse().map_err(|_| Misfit::EventId)?);
            }
            b"data" => {
                self.check(self.data.len() + value.len())?;
                if !self.data.is_empty() {
                    self.data.push(b'\n');
                }
                self.data.extend_from_slice(value);
            }
            // The type stands in the data too; of other fields the specification says to pass over them.
            _ => {}
        }
        Ok(None)
    }

    /// An empty line ends an event, if there is one.
    fn end(&mut self) -> Result<Option<StreamItem>, Misfit> {
        let id = self.id.take();
        if self.data.is_empty() {
            return Ok(None);
        }
        let event = serde_json::from_slice(&self.data).map_err(Misfit::Json)?;
        self.data.clear();
        Ok(Some(StreamItem::Event { id, event }))
    }

    fn check(&self, length: usize) -> Result<(), Misfit> {
        match length as u64 > self.bytes_max {
            true => Err(Misfit::TooLarge {
                bytes_max: self.bytes_max,
            }),
            false => Ok(()),
        }
    }
}
