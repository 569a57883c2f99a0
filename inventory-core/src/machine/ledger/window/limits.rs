//! How much is remembered.

/// How long, how many and how large keys are remembered. With no keys or no bytes none is remembered, and a retry is a request of
/// its own: for a copy that takes no requests. With an age of zero the newest key is remembered until there is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
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

    /// Seven days, a million keys, 256 MiB.
    pub const fn new() -> Self {
        Self {
            age_ms: 7 * 24 * 60 * 60 * 1_000,
            keys_max: 1_000_000,
            bytes_max: 256 << 20,
        }
    }

    /// With another age at which keys may be forgotten.
    #[must_use]
    pub const fn with_age_ms(mut self, age_ms: u64) -> Self {
        self.age_ms = age_ms;
        self
    }

    /// With so many keys at most.
    #[must_use]
    pub const fn with_keys_max(mut self, keys_max: usize) -> Self {
        self.keys_max = keys_max;
        self
    }

    /// With so many bytes at most.
    #[must_use]
    pub const fn with_bytes_max(mut self, bytes_max: usize) -> Self {
        self.bytes_max = bytes_max;
        self
    }
}

impl Default for WindowLimits {
    fn default() -> Self {
        Self::new()
    }
}
