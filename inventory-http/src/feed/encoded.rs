//! One entry of the log, as JSON.

use std::sync::Arc;

use bytes::Bytes;
use inventory_core::machine::Entry;
use inventory_core::vocabulary::{Chain, Sequence};

use crate::server::{Budget, Share};
use crate::wire::WireEvent;

/// The events of one request, encoded once and shared by all who read them.
#[derive(Debug)]
pub(crate) struct EncodedEntry {
    entry: Arc<Entry>,
    /// The events, with a comma after each.
    json: Bytes,
    /// Where each event ends in `json`, its comma excluded.
    ends: Box<[u32]>,
    /// The room that it takes.
    _share: Share,
}

/// Memory of an event beside its JSON: about as much again.
const COST: usize = 2;

impl EncodedEntry {
    /// An entry that takes its room of a budget; `None` when there is none.
    pub(crate) fn new(entry: Arc<Entry>, room: &Budget) -> Option<Self> {
        let mut json = Vec::with_capacity(entry.events.len() * 512);
        let mut ends = Vec::with_capacity(entry.events.len());
        for (sequence, event) in entry.numbered() {
            let event = WireEvent::of(&entry, sequence, event);
            serde_json::to_writer(&mut json, &event).expect("events are texts and numbers");
            ends.push(json.len() as u32);
            json.push(b',');
        }
        json.shrink_to_fit();
        Some(Self {
            _share: room.take(COST * json.len())?,
            json: json.into(),
            ends: ends.into(),
            entry,
        })
    }

    pub(crate) fn last(&self) -> Sequence {
        self.entry.last()
    }

    /// The digest of the log up to the end of the request.
    pub(crate) fn chain(&self) -> Chain {
        self.entry.chain
    }

    pub(crate) fn event_count(&self) -> usize {
        self.ends.len()
    }

    /// The events, with a comma after each.
    pub(crate) fn json(&self) -> &Bytes {
        &self.json
    }

    /// The events, one by one: offset, type and JSON.
    pub(crate) fn events(&self) -> impl Iterator<Item = (Sequence, &'static str, Bytes)> {
        let mut start = 0;
        self.entry
            .numbered()
            .zip(&self.ends)
            .map(move |((sequence, event), end)| {
                let bytes = self.json.slice(start..*end as usize);
                start = *end as usize + 1;
                (sequence, event.type_name(), bytes)
            })
    }
}
