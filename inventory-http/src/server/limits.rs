//! What the server bounds by itself, and why.

use std::time::Duration;

/// Bounds of every connection and request, and of what all of them take together. Beyond a bound of what all take, a call
/// is answered 503 with `Retry-After`: nothing waits in memory for its turn.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once, and no more than leave the process descriptors for its files; beyond it a connection is answered
    /// 503 and closed, an encrypted one closed without a word. Each costs some 32 KiB once it has asked for something, half of
    /// it in the buffers of hyper, and an encrypted one 40. While something is sent, up to [`CHUNK_BYTES`] twice are added, and
    /// the buffers of its socket.
    pub connections_max: usize,
    /// Connections beyond these that are answered how the service is, and nothing else: those who watch it are to see a
    /// service that is busy, not one that is dead.
    pub health_connections_max: usize,
    /// A request's head must be complete this long after its first byte, and an agreement on how to encrypt this long after the
    /// connection has come.
    pub head_timeout: Duration,
    /// How long a client may take to send the least of a body.
    pub body_period: Duration,
    /// Bytes of a body that must come in each period, unless it ends there. Who is slow and steady needs no other limit.
    pub body_bytes_least: usize,
    /// Bytes of bodies that are being received or handled, over all connections. One key may have half of them.
    pub bodies_bytes_max: usize,
    /// A connection without a request is closed after this time.
    pub idle_timeout: Duration,
    /// How long a client may take to take the least of an answer. Who takes nothing at all for so long is given up, too.
    pub answer_period: Duration,
    /// Bytes of an answer that must be taken in each period, unless it ends there.
    pub answer_bytes_least: usize,
    /// Bytes of answers that were made whole and are not sent yet, over all connections; those of one chunk do not count.
    pub answers_bytes_max: usize,
    /// Bytes of events that are kept for followers: what several of them are sent counts once.
    pub pages_bytes_max: usize,
    /// Snapshots that are being sent at once.
    pub snapshots_max: usize,
    /// States that snapshots are made of at once: each keeps what has changed since in memory.
    pub images_max: usize,
    /// How long what still comes is thrown away after an answer that ends a connection: a client that is still sending
    /// would otherwise lose the answer.
    pub linger_timeout: Duration,
    /// How often connections are looked at for what has timed out.
    pub watch_interval: Duration,
    /// A request that was accepted may take this long once the server stops.
    pub stop_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 10_000,
            health_connections_max: 16,
            head_timeout: Duration::from_secs(5),
            body_period: Duration::from_secs(10),
            body_bytes_least: 64 * 1024,
            bodies_bytes_max: 256 * 1024 * 1024,
            idle_timeout: Duration::from_secs(60),
            answer_period: Duration::from_secs(30),
            answer_bytes_least: 256 * 1024,
            answers_bytes_max: 256 * 1024 * 1024,
            pages_bytes_max: 256 * 1024 * 1024,
            snapshots_max: 256,
            images_max: 8,
            linger_timeout: Duration::from_secs(10),
            watch_interval: Duration::from_secs(1),
            stop_timeout: Duration::from_secs(10),
        }
    }
}

/// Largest body of a call without a bound of its own.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Largest body of a call that takes many rows.
pub const BULK_BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What is made of an answer at a time, in a fraction of a millisecond. What is sent is at most two of these ahead of the
/// socket, with HTTP/2 for each stream.
pub const CHUNK_BYTES: usize = 16 * 1024;

/// What the system is asked to buffer of a connection: enough for 5 MB/s to a client that is 50 ms away.
pub(super) const SEND_BUFFER_BYTES: u32 = 256 * 1024;

/// Longest request target: an id of 128 bytes, each percent-encoded, in two parameters, with room to spare.
pub(super) const TARGET_BYTES_MAX: usize = 4 * 1024;

/// Largest head of a request: hyper answers 431 beyond it.
pub(super) const HEAD_BYTES_MAX: usize = 16 * 1024;
