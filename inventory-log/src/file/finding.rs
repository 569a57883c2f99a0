//! Findings of a start: what opening a directory has found that a person should know.

use std::fmt;

/// Bytes that are no good, or positions that are gone. Each was buried in the dead letters.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What it means.
    pub kind: FindingKind,
    /// The file.
    pub file: String,
    /// Where in the file.
    pub offset: u64,
    /// Number of bytes, 0 for what is not there.
    pub bytes: u64,
    /// In words.
    pub reason: String,
}

/// What a finding means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingKind {
    /// A write that was never acknowledged, and that the end of the process or of the power interrupted. It was cut off.
    TornWrite,
    /// Bytes that nobody misses.
    ForeignBytes,
    /// Acknowledged data is gone. Only when opened with [`Recovery::Quarantine`](inventory_core::engine::Recovery).
    Loss,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            offset,
            bytes,
            reason,
            ..
        } = self;
        write!(f, "{file}, byte {offset}, {bytes} bytes: {reason}")
    }
}
