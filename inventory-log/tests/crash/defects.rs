//! Seeded defects, made on purpose: the runs of a few seeds see each of them, or the runs prove nothing.

use inventory_core::testing::{Defect, with};
use inventory_log::testing::simulation::{Check, Choices, run};

/// Seeds after which a mistake that was not seen counts as one that cannot be seen.
const SEEDS: u64 = 2_000;

/// What a simulated disk cannot show. `tests/two_owners.rs` sees these.
const REAL: [Defect; 1] = [Defect::LockIsAFile];

/// What a crash cannot show: bytes rot, or a file is not the one that was written. `tests/bit_rot` sees these.
const ROT: [Defect; 5] = [
    Defect::CutOffNotNoticed,
    Defect::CrcNotChecked,
    Defect::SnapshotCrcNotChecked,
    Defect::EpochNotChecked,
    Defect::LogSkippedAfterFallback,
];

/// What takes two failures, one of them in a start, and then a power cut. `tests/power_cuts` sees these.
const RARE: [Defect; 1] = [Defect::FoundCutNotSynced];

/// What takes more overdue reservations than a crash is tried with. `tests/backlog.rs` sees these.
const BACKLOG: [Defect; 1] = [Defect::LapsedLeftOutOfSnapshot];

/// Wrong rules, which a crash does not make worse. The suites of `inventory-core` see these.
const RULES: [Defect; 18] = [
    Defect::GuardIgnored,
    Defect::CountedSinceIgnored,
    Defect::UnchangedForgotten,
    Defect::FingerprintIgnored,
    Defect::OverdueCommitted,
    Defect::ReleasedTwice,
    Defect::DueNotSeen,
    Defect::LapsedSetFreeAgain,
    Defect::RefusedNotTakenBack,
    Defect::AlertsNotJudged,
    Defect::EndedStaysDue,
    Defect::EarlierStaysListed,
    Defect::CallersShareKeys,
    Defect::OldestForgotten,
    Defect::EvictionNotCounted,
    Defect::KeysNeverAge,
    Defect::LeapBelieved,
    Defect::HalfApplied,
];

fn expect_seen(defect: Defect, by: &[Check]) {
    let seen = (0..SEEDS).find_map(|seed| {
        let outcome = with(defect, || run(&mut Choices::from_seed(seed)));
        outcome.err().map(|violation| (seed, violation))
    });
    let (seed, violation) =
        seen.unwrap_or_else(|| panic!("{SEEDS} seeds have not seen {defect:?}"));
    eprintln!("{defect:?} is seen with seed {seed}: {violation}");
    assert!(
        by.contains(&violation.check),
        "{defect:?} is seen for another reason"
    );
}

macro_rules! seen {
    ($($test:ident: $defect:ident by $($check:ident)|+,)*) => {
        const CRASHES: &[Defect] = &[$(Defect::$defect),*];

        $(
            #[test]
            fn $test() {
                expect_seen(Defect::$defect, &[$(Check::$check),+]);
            }
        )*
    };
}

seen! {
    acknowledge_before_sync: AcknowledgeBeforeSync by AcknowledgedIsKept | HealthyDiskIsOpened,
    ignore_failed_sync: IgnoreFailedSync by AcknowledgedIsKept | HealthyDiskIsOpened | DeadLettersAreRight,
    retry_failed_sync: RetryFailedSync by AcknowledgedIsKept | HealthyDiskIsOpened | DeadLettersAreRight,
    poison_ignored: PoisonIgnored by AcknowledgedIsKept | HealthyDiskIsOpened,
    full_disk_not_rolled_back: FullDiskNotRolledBack by UnaskedIsAbsent | DeadLettersAreRight | HealthyDiskIsOpened,
    reserve_not_synced: ReserveNotSynced by HealthyDiskIsOpened,
    group_not_recorded: GroupNotRecorded by HealthyDiskIsOpened,
    segment_not_synced: SegmentNotSynced by HealthyDiskIsOpened,
    purge_not_synced: PurgeNotSynced by HealthyDiskIsOpened,
    no_directory_sync_after_rename: NoDirectorySyncAfterRename by AcknowledgedIsKept | SnapshotIsKept | EpochStays | HealthyDiskIsOpened,
    found_rename_not_synced: FoundRenameNotSynced by EpochStays | SnapshotIsKept | HealthyDiskIsOpened | AcknowledgedIsKept,
    torn_tail_not_cut: TornTailNotCut by HealthyDiskIsOpened | AcknowledgedIsKept | DeadLettersAreRight,
    letter_after_cut: LetterAfterCut by RecoveryIsRepeatable,
    last_group_not_written_again: LastGroupNotWrittenAgain by HealthyDiskIsOpened | AcknowledgedIsKept | DeadLettersAreRight,
    last_group_cut_short: LastGroupCutShort by HealthyDiskIsOpened | AcknowledgedIsKept | DeadLettersAreRight,
    quota_is_not_full: QuotaIsNotFull by FullDiskIsSurvived | HealthyDiskIsOpened,
    panic_forgotten: PanicForgotten by PanicStops,
    snapshot_in_place: SnapshotInPlace by SnapshotIsKept | HealthyDiskIsOpened,
    snapshot_not_synced: SnapshotNotSynced by SnapshotIsKept | HealthyDiskIsOpened,
    window_left_out_of_snapshot: WindowLeftOutOfSnapshot by LedgerIsRight,
    version_not_persisted: VersionNotPersisted by LedgerIsRight | DeadLettersAreRight,
    snapshot_sequence_too_low: SnapshotSequenceTooLow by SnapshotIsKept | HealthyDiskIsOpened,
    snapshot_sequence_too_high: SnapshotSequenceTooHigh by SnapshotIsKept | HealthyDiskIsOpened,
    refusal_answered_early: RefusalAnsweredEarly by ShownIsKept,
    dirty_read: DirtyRead by ShownIsKept | OnlyDurableIsShown,
    log_purged_before_snapshot: LogPurgedBeforeSnapshot by HealthyDiskIsOpened | PurgeIsCovered,
    purged_through_newest: PurgedThroughNewest by PurgeIsCovered,
    quarantine_ignored: QuarantineIgnored by AnswerIsRight | LedgerIsRight | UnprovedIsNotSold,
    version_not_followed: VersionNotFollowed by LedgerIsRight | DeadLettersAreRight | HealthyDiskIsOpened,
    claimed_version_reused: ClaimedVersionReused by LedgerIsRight | AnswerIsRight | DeadLettersAreRight,
    proved_by_release: ProvedByRelease by LedgerIsRight | AnswerIsRight,
    loss_not_suspected: LossNotSuspected by UnprovedIsNotSold | NoMoreIsSoldThanCameIn,
    one_count_proves_all: OneCountProvesAll by UnprovedIsNotSold | NoMoreIsSoldThanCameIn,
    loss_not_written_down: LossNotWrittenDown by LossIsWrittenDown,
    salvage_forgotten: SalvageForgotten by UnprovedIsNotSold | RecoveryIsRepeatable | NoMoreIsSoldThanCameIn,
    forgotten_key_promised: ForgottenKeyPromised by AnswerIsKept | LedgerIsRight,
    forgotten_takes_room: ForgottenTakesRoom by LedgerIsRight,
    snapshot_counted_as_newer: SnapshotCountedAsNewer by SnapshotIsKept | HealthyDiskIsOpened,
}

#[test]
fn every_defect_is_looked_for() {
    let missing: Vec<_> = Defect::ALL
        .iter()
        .filter(|defect| {
            let elsewhere = [&REAL[..], &ROT, &RARE, &BACKLOG, &RULES];
            !CRASHES.contains(defect) && !elsewhere.iter().any(|seen| seen.contains(defect))
        })
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
