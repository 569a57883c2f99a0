//! The trace that a call belongs to.

use std::sync::Arc;

use inventory_core::vocabulary::TraceParent;

/// The trace that a call belongs to, as `traceparent` and `tracestate` carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace, and the span in it that something is a part of.
    pub parent: TraceParent,
    /// What others who trace have to say, passed on as it came.
    pub state: Option<Arc<str>>,
}
