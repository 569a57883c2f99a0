//! Violations: what the witness complains about.

use std::fmt;

/// A promise that the witness checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// A directory that no bit rotted in is opened.
    HealthyDiskIsOpened,
    /// The epoch stays.
    EpochStays,
    /// Positions are contiguous up to the head, and the head is that of the last entry.
    SequenceIsContiguous,
    /// What was acknowledged, or was certain for another reason, is in the log as it was.
    AcknowledgedIsKept,
    /// A request without an answer is in the log whole and in its turn, or not at all.
    UnansweredIsWholeOrAbsent,
    /// A request that was reported as not written, or was never made, is not in the log.
    UnaskedIsAbsent,
    /// Positions are given up only when a durable snapshot covers them and nobody asked to keep them.
    PurgeIsCovered,
    /// What a read or a refusal has shown is part of the history.
    ShownIsKept,
    /// A reader shows nothing of a group that failed.
    OnlyDurableIsShown,
    /// The newest saved snapshot is used.
    SnapshotIsKept,
    /// An answer is the one that the model gives.
    AnswerIsRight,
    /// Asking again under an acknowledged key gives the same answer.
    AnswerIsKept,
    /// The ledger is the one that the model has.
    LedgerIsRight,
    /// Only torn writes and what was poisoned on purpose is buried, once, and stays buried.
    DeadLettersAreRight,
    /// An interrupted recovery ends where an undisturbed one does.
    RecoveryIsRepeatable,
    /// A full disk stops nobody: the engine goes on when there is room.
    FullDiskIsSurvived,
    /// A second engine on the same directory is refused.
    DirectoryHasOneOwner,
    /// An engine through which a panic went answers nothing more.
    PanicStops,
    /// Nobody starts on damaged data who was not told to, and who is refused is shown where.
    LossIsRefused,
    /// After a loss the history goes on under a new epoch.
    LossEndsTheEpoch,
    /// What is lost is among the dead letters.
    LossIsWrittenDown,
    /// After a loss nothing is sold that nothing proves.
    UnprovedIsNotSold,
    /// A product that was counted everywhere is sold again.
    CountEndsSuspicion,
    /// No more is sold than came in, over all that happened.
    NoMoreIsSoldThanCameIn,
    /// Nothing panics.
    NothingPanics,
}

/// A promise that was broken, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The promise.
    pub check: Check,
    /// How it was broken.
    pub detail: String,
}

impl Violation {
    /// A promise that was broken.
    pub fn new(check: Check, detail: impl Into<String>) -> Self {
        Self {
            check,
            detail: detail.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} does not hold: {}", self.check, self.detail)
    }
}

/// Breaks a promise unless `holds`.
pub(super) fn ensure(
    holds: bool,
    check: Check,
    detail: impl FnOnce() -> String,
) -> Result<(), Violation> {
    match holds {
        true => Ok(()),
        false => Err(Violation::new(check, detail())),
    }
}
