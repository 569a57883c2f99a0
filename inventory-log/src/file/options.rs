//! Options of the file adapter, which an embedder sets.

use inventory_core::engine::Recovery;

/// Sizes of files, and what to do about damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileOptions {
    /// Bytes after which a segment is sealed. Old positions are given up a segment at a time. The index of the active
    /// segment is in memory: about a twentieth of this.
    pub segment_bytes: u64,
    /// Bytes by which a segment grows at least when it is full: each growth costs a sync of its own.
    pub reserve_bytes: u64,
    /// Bytes that are overwritten ahead of the records: a sync of blocks that were written before is twice as fast.
    pub prefill_bytes: u64,
    /// What to do when acknowledged data is damaged.
    pub recovery: Recovery,
}

impl FileOptions {
    /// 64 MiB, 1 MiB, 256 KiB, and no start on a damaged log.
    pub const fn new() -> Self {
        Self {
            segment_bytes: 64 << 20,
            reserve_bytes: 1 << 20,
            prefill_bytes: 256 << 10,
            recovery: Recovery::Strict,
        }
    }

    /// With segments of another size.
    #[must_use]
    pub const fn with_segment_bytes(mut self, segment_bytes: u64) -> Self {
        self.segment_bytes = segment_bytes;
        self
    }

    /// With so many bytes by which a full segment grows.
    #[must_use]
    pub const fn with_reserve_bytes(mut self, reserve_bytes: u64) -> Self {
        self.reserve_bytes = reserve_bytes;
        self
    }

    /// With so many bytes written ahead of what is appended.
    #[must_use]
    pub const fn with_prefill_bytes(mut self, prefill_bytes: u64) -> Self {
        self.prefill_bytes = prefill_bytes;
        self
    }

    /// With another way to meet damage.
    #[must_use]
    pub const fn with_recovery(mut self, recovery: Recovery) -> Self {
        self.recovery = recovery;
        self
    }
}

impl Default for FileOptions {
    fn default() -> Self {
        Self::new()
    }
}
