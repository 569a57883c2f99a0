//! What has been decided.

use std::sync::Arc;

use crate::machine::{Entry, Event, RowOutcome};

/// What the answer to a request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The request is new.
    New(Effects),
    /// The request sees products of which something is due that has not lapsed: this is to be written first, an entry each, then
    /// it is to be decided again.
    Overdue(Vec<Effects>),
    /// The key has been used for the same intent: this was the answer.
    Replayed(Arc<Entry>),
}

/// What is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effects {
    /// The events; at least one.
    pub events: Vec<Event>,
    /// What became of each line, when there are lines that may be skipped; otherwise empty.
    pub outcomes: Vec<RowOutcome>,
}
