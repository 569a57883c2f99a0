//! Faults that a verification finds, and where they are.

use crate::file::{Finding, FindingKind};

/// Bytes that are not what was written, or files that do not say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// What it means.
    pub kind: FaultKind,
    /// The file.
    pub file: String,
    /// Where in the file.
    pub offset: u64,
    /// In words.
    pub what: String,
}

/// What a fault means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// A write that was interrupted, or is under way. Nobody was answered.
    Interrupted,
    /// Bytes in the log that nobody misses.
    Foreign,
    /// An event that has no effect. Starting writes it to the dead letters.
    NoEffect,
    /// An index is not what its segment makes it. It is a cache.
    Index,
    /// Acknowledged data of the log is gone, or is not what was written.
    Log,
    /// A snapshot is not what was written.
    Snapshot,
    /// A snapshot is whole, and does not say what the log says.
    Different,
    /// A dead letter cannot be read.
    DeadLetter,
}

impl FaultKind {
    /// Whether something that was written is not there any more. The other kinds are what a power cut leaves, or harmless.
    pub fn is_damage(self) -> bool {
        match self {
            Self::Interrupted | Self::Foreign | Self::NoEffect | Self::Index => false,
            Self::Log | Self::Snapshot | Self::Different | Self::DeadLetter => true,
        }
    }
}

impl Fault {
    pub(super) fn new(kind: FaultKind, file: &str, offset: u64, what: impl Into<String>) -> Self {
        Self {
            kind,
            file: file.to_owned(),
            offset,
            what: what.into(),
        }
    }
}

impl From<Finding> for Fault {
    fn from(finding: Finding) -> Self {
        Self {
            kind: match finding.kind {
                FindingKind::TornWrite => FaultKind::Interrupted,
                FindingKind::ForeignBytes => FaultKind::Foreign,
                FindingKind::Loss => FaultKind::Log,
            },
            file: finding.file,
            offset: finding.offset,
            what: finding.reason,
        }
    }
}
