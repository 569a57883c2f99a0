//! Known mistakes, to be made on purpose: a suite that does not see them proves nothing.

use crate::machine::Rejection;

macro_rules! defects {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A mistake that the code makes while it is [`active`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Defect {
            $($(#[$doc])* $name,)*
        }

        impl Defect {
            /// Every defect: a suite loops over them, so that a new one cannot be forgotten.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

defects! {
    /// Answers, and publishes, before the log is synced.
    AcknowledgeBeforeSync,
    /// Takes a failed sync for a finished one.
    IgnoreFailedSync,
    /// Syncs again after a failed sync, and believes the second answer.
    RetryFailedSync,
    /// Goes on appending after an outcome that is unknown.
    PoisonIgnored,
    /// Leaves a half-written group in place when the disk is full.
    FullDiskNotRolledBack,
    /// Writes into room whose length is not durable.
    ReserveNotSynced,
    /// Says of each entry that it was an append of its own.
    GroupNotRecorded,
    /// Starts a segment whose header is not durable.
    SegmentNotSynced,
    /// Gives up several segments without making each removal durable before the next.
    PurgeNotSynced,
    /// Does not sync the directory after a rename.
    NoDirectorySyncAfterRename,
    /// Takes a rename that a start has found for a durable one.
    FoundRenameNotSynced,
    /// Leaves the bytes of a torn write where they are, and appends behind them.
    TornTailNotCut,
    /// Cuts a torn write off before its bytes are among the dead letters.
    LetterAfterCut,
    /// Goes on in a segment whose last group can be read, and may not be on the disk.
    LastGroupNotWrittenAgain,
    /// Takes the last record of a segment for its last group: the records before it may not be on the disk.
    LastGroupCutShort,
    /// Takes a quota that is used up, or a file that is too large, for a disk that has failed.
    QuotaIsNotFull,
    /// Locks a file in the directory, which anybody can remove.
    LockIsAFile,
    /// Takes a segment that was cut off for a whole one.
    CutOffNotNoticed,
    /// Believes a line whatever its checksum says.
    CrcNotChecked,
    /// Writes a snapshot over the one before.
    SnapshotInPlace,
    /// Renames a snapshot whose content is not durable.
    SnapshotNotSynced,
    /// Saves snapshots without the idempotency window.
    WindowLeftOutOfSnapshot,
    /// Leaves versions out of snapshots: a product starts again once its events are purged.
    VersionNotPersisted,
    /// Says of a snapshot that it stands for the position before its own.
    SnapshotSequenceTooLow,
    /// Says of a snapshot that it stands for the position after its own.
    SnapshotSequenceTooHigh,
    /// Believes a snapshot whatever its checksum says.
    SnapshotCrcNotChecked,
    /// Uses a snapshot of another log.
    EpochNotChecked,
    /// Answers a refusal before what it was decided on is durable.
    RefusalAnsweredEarly,
    /// Shows readers a group before it is durable.
    DirtyRead,
    /// Takes what was cut off of a sealed segment for gone, since it can no longer be read.
    FoundCutNotSynced,
    /// Goes on after a panic in the middle of a group.
    PanicForgotten,
    /// Panics in the middle of an entry, behind what its first event has assigned.
    HalfApplied,
    /// Gives up log positions before the snapshot that covers them is durable.
    LogPurgedBeforeSnapshot,
    /// Gives up log positions that only the newest snapshot covers.
    PurgedThroughNewest,
    /// Takes an older snapshot for the newest, and leaves out what the log has between.
    LogSkippedAfterFallback,
    /// Writes at a version that a command did not demand.
    GuardIgnored,
    /// Sells of a product whose numbers are under suspicion.
    QuarantineIgnored,
    /// Puts right with a count what a later count has put right already.
    CountedSinceIgnored,
    /// Answers a request that changed nothing, and does not remember that it did.
    UnchangedForgotten,
    /// Takes another request under a key for the same one.
    FingerprintIgnored,
    /// Commits a reservation whose deadline has passed.
    OverdueCommitted,
    /// Commits and releases what was released before.
    ReleasedTwice,
    /// Decides a request as if what is due were still held.
    DueNotSeen,
    /// Sets free again, when a reservation ends, what its level has set free when it lapsed.
    LapsedSetFreeAgain,
    /// Leaves what the first lines of a refused request have staged.
    RefusedNotTakenBack,
    /// Judges no alert at the end of a request.
    AlertsNotJudged,
    /// Applies an event whatever version it leads from.
    VersionNotFollowed,
    /// Gives a version again that an event claimed which could not be applied.
    ClaimedVersionReused,
    /// Believes the numbers of a product again when a reservation was released.
    ProvedByRelease,
    /// Lists a reservation that has ended among those that are due.
    EndedStaysDue,
    /// Leaves an open reservation among those that are due whose end is lost, when another one is made of its id.
    EarlierStaysListed,
    /// Takes equal keys of two callers for one.
    CallersShareKeys,
    /// Forgets the oldest key for want of room, whoever has taken the room.
    OldestForgotten,
    /// Does not count a key that was forgotten for want of room.
    EvictionNotCounted,
    /// Forgets keys for want of room only, however old they are.
    KeysNeverAge,
    /// Takes a loss for a pause: the products are believed.
    LossNotSuspected,
    /// Believes whatever the clock says.
    LeapBelieved,
    /// Leaves out of a snapshot that levels have lapsed.
    LapsedLeftOutOfSnapshot,
    /// Takes a product for proved once it was counted at one of its stores.
    OneCountProvesAll,
    /// Buries nothing for what a start finds lost.
    LossNotWrittenDown,
    /// Promises to remember keys that were forgotten.
    ForgottenKeyPromised,
    /// Takes what a start has salvaged, which was interrupted, for all there was.
    SalvageForgotten,
    /// Takes a snapshot for one of the position at which it was finished.
    SnapshotCountedAsNewer,
    /// Counts what a reservation or transfer took that was forgotten.
    ForgottenTakesRoom,
}

/// Whether the code here should make this mistake: never without the feature `testing`, and never in a release build,
/// whoever asks for that feature there.
#[cfg(not(all(feature = "testing", debug_assertions)))]
#[inline(always)]
pub const fn active(_defect: Defect) -> bool {
    false
}

#[cfg(feature = "testing")]
thread_local! {
    static ACTIVE: std::cell::Cell<Option<Defect>> = const { std::cell::Cell::new(None) };
}

/// Whether the code here should make this mistake: on this thread, within [`with`].
#[cfg(all(feature = "testing", debug_assertions))]
pub fn active(defect: Defect) -> bool {
    ACTIVE.get() == Some(defect)
}

#[cfg(feature = "testing")]
thread_local! {
    static EARLY: std::cell::RefCell<Vec<Rejection>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Answers refusals before what they were decided on is durable: the mistake that [`Defect::RefusalAnsweredEarly`] is.
#[cfg(not(all(feature = "testing", debug_assertions)))]
#[inline(always)]
pub fn answer_early<'a>(_refusals: impl Iterator<Item = &'a Rejection>) {}

/// Answers refusals before what they were decided on is durable: the mistake that [`Defect::RefusalAnsweredEarly`] is.
#[cfg(all(feature = "testing", debug_assertions))]
pub fn answer_early<'a>(refusals: impl Iterator<Item = &'a Rejection>) {
    EARLY.with_borrow_mut(|early| early.extend(refusals.cloned()));
}

/// The refusals that were answered early on this thread since the last call.
#[cfg(feature = "testing")]
pub fn answered_early() -> Vec<Rejection> {
    EARLY.take()
}

/// Runs `scenario` with a defect switched on, on this thread only: other tests run beside it, and a thread that the
/// scenario starts is healthy.
#[cfg(feature = "testing")]
pub fn with<T>(defect: Defect, scenario: impl FnOnce() -> T) -> T {
    /// Restored when dropped: a defect that is caught by a panic must not outlive it.
    struct Earlier(Option<Defect>);

    impl Drop for Earlier {
        fn drop(&mut self) {
            ACTIVE.set(self.0);
        }
    }

    let _earlier = Earlier(ACTIVE.replace(Some(defect)));
    scenario()
}

/// Whether to make a mistake on purpose: `if defect!(DirtyRead) { ... }`.
///
/// Which of the two functions it asks is settled by the features of this crate, not of the caller's; without the feature
/// `testing`, and without debug assertions, the branch is compiled away.
#[macro_export]
macro_rules! defect {
    ($name:ident) => {
        $crate::testing::active($crate::testing::Defect::$name)
    };
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn a_defect_is_active_within_its_scenario_only() {
        assert!(!defect!(DirtyRead));
        with(Defect::DirtyRead, || {
            assert!(defect!(DirtyRead) && !defect!(CrcNotChecked));
            with(Defect::CrcNotChecked, || assert!(!defect!(DirtyRead)));
            assert!(defect!(DirtyRead));
            let elsewhere = std::thread::spawn(|| defect!(DirtyRead));
            assert!(!elsewhere.join().unwrap());
        });
        assert!(catch_unwind(|| with(Defect::DirtyRead, || panic!("caught"))).is_err());
        assert!(!defect!(DirtyRead));
    }
}
