//! Options of the file adapter, which an embedder sets.

use inventory_core::engine::Recovery;

/// Sizes of files, and what to do about damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl Default for FileOptions {
    /// 64 MiB, 1 MiB, 256 KiB, and no start on a damaged log.
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            reserve_bytes: 1 << 20,
            prefill_bytes: 256 << 10,
            recovery: Recovery::Strict,
        }
    }
}
