//! What the server bounds by itself, and why.

use std::time::Duration;

/// Bounds of every connection and request.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; beyond it a connection is answered 503 and closed. Each costs some 12 KiB.
    pub connections_max: usize,
    /// A request's head must be complete this long after its first byte.
    pub head_timeout: Duration,
    /// A request's body must be complete this long after its head.
    pub body_timeout: Duration,
    /// A connection without a request is closed after this time.
    pub idle_timeout: Duration,
    /// A client that takes none of an answer for this long is given up.
    pub stalled_timeout: Duration,
    /// How often a connection looks at its own time-outs.
    pub watch_interval: Duration,
    /// A request that was accepted may take this long once the server stops.
    pub stop_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 10_000,
            head_timeout: Duration::from_secs(5),
            body_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            stalled_timeout: Duration::from_secs(30),
            watch_interval: Duration::from_secs(1),
            stop_timeout: Duration::from_secs(10),
        }
    }
}

/// Largest body of a call without a bound of its own.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Largest body of a call that takes many rows.
pub const BULK_BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Longest request target: an id of 128 bytes, each percent-encoded, in two parameters, with room to spare.
pub(super) const TARGET_BYTES_MAX: usize = 4 * 1024;

/// Largest head of a request: hyper answers 431 beyond it.
pub(super) const HEAD_BYTES_MAX: usize = 16 * 1024;
