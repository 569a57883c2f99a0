//! How much is remembered.

/// How long, how many and how large keys are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowLimits {
    /// Age in milliseconds after which a key may be forgotten; it is, when a later key is remembered. Must be longer
    /// than a client keeps trying.
    pub age_ms: u64,
    /// Keys that are remembered at most; beyond it one goes before its age: the oldest of the caller that has the most.
    pub keys_max: usize,
    /// Bytes that all remembered keys may take in memory, with what was written under them and what it takes to find them;
    /// beyond it keys go before their age: the oldest of the caller that takes the most. A request that takes more by
    /// itself is not remembered at all. Beside it each caller takes up to 192 KiB.
    ///
    /// The reservations and the transfers that have ended may take as much again, each.
    pub bytes_max: usize,
}

impl WindowLimits {
    /// Nothing is ever forgotten: for what looks at a history, and takes no requests.
    pub const NONE: Self = Self {
        age_ms: u64::MAX,
        keys_max: usize::MAX,
        bytes_max: usize::MAX,
    };
}

impl Default for WindowLimits {
    /// Seven days, a million keys, 256 MiB.
    fn default() -> Self {
        Self {
            age_ms: 7 * 24 * 60 * 60 * 1_000,
            keys_max: 1_000_000,
            bytes_max: 256 << 20,
        }
    }
}
