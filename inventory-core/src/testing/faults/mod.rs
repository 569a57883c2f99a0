//! Adapters that fail on demand.
//!
//! Each wraps a healthy one and still honours the contract of its port, so the conformance suites hold for it too: what
//! the engine does with an error is tested here, once, and not per adapter.

mod dead_letters;
mod log;
mod plan;
mod snapshots;
mod wrap;

pub use plan::{AppendFault, Call, Faults};
