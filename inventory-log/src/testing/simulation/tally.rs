//! Coverage of a simulation: what a run has come across, so that a suite can prove that it tests something.

use std::collections::BTreeMap;
use std::fmt;

macro_rules! situations {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Something that has to happen in a run now and then.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Situation {
            $($(#[$doc])* $name,)*
        }

        impl Situation {
            /// Every situation.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

situations! {
    /// A life was ended in good order.
    Closed,
    /// The process was killed.
    Killed,
    /// The power was cut.
    PowerCut,
    /// A power cut took back a rename that was not synced.
    RenameLost,
    /// The end of a life left no active segment, but the one that was to take its place.
    SealInterrupted,
    /// A recovery was interrupted.
    RecoveryInterrupted,
    /// A recovery was interrupted, and the one after it as well.
    RecoveryInterruptedAgain,
    /// Two faults of one life have struck.
    DoubleFault,
    /// A torn write was cut off.
    TornTail,
    /// A half-written group was taken back, since the disk was full.
    FullDiskRolledBack,
    /// A group was refused since the disk was full, and a later one was written by the same engine.
    FullDiskSurvived,
    /// A start came through on a full disk.
    StartedFull,
    /// A snapshot could not be saved, and the engine went on.
    SnapshotSkipped,
    /// A recovery replayed the log after a snapshot.
    ReplayAcrossSnapshot,
    /// Old positions were given up.
    Purged,
    /// A record could not be applied.
    Poison,
    /// A group without an answer was there, whole.
    UnknownThere,
    /// A group without an answer was there in part: some of its requests, whole.
    UnknownThereInPart,
    /// A group without an answer was not there.
    UnknownNotThere,
    /// A key was sent again and found the first answer.
    Replayed,
    /// A key was sent again with another intent.
    KeyReused,
    /// A key had left the window.
    KeyForgotten,
    /// A request was refused for what another request of the same group had done.
    RefusedWithinGroup,
    /// The clock went back.
    ClockWentBack,
    /// A group was submitted while the clock was a minute or more behind the log.
    ClockBehind,
    /// A group was refused, since the clock was far ahead.
    ClockLeapt,
    /// A start was refused, since the clock was a year ahead of the log.
    ClockAheadAtStart,
    /// Reservations have expired.
    Expired,
    /// A recovery found open reservations.
    ReservationRecovered,
    /// A recovery found goods on their way.
    TransferRecovered,
    /// A second engine was started beside the first.
    RivalRefused,
    /// Who observes the engine has panicked while a group was under way.
    ObserverPanicked,
    /// A key was forgotten before its age, since there were too many.
    KeyForgottenForCount,
    /// A key was forgotten before its age, since all took too many bytes.
    KeyForgottenForBytes,
    /// The name of a reservation was given again that another one had in an earlier life.
    ReservationIdGivenAgain,
    /// The name of a transfer was given again that another one had in an earlier life.
    TransferIdGivenAgain,
    /// A snapshot was saved while a group was submitted.
    SavedBesideGroup,
    /// Old positions were given up after such a snapshot.
    PurgedAfterSaveBesideGroup,
    /// An entry of some hundred lines, or some thousand, was written.
    LargeEntry,
    /// Such an entry was not answered.
    LargeEntryInterrupted,
    /// A bit of what was acknowledged has rotted.
    BitRotted,
    /// A segment of what was acknowledged was lost.
    SegmentLost,
    /// All snapshots were lost, of a log that has given up its beginning.
    SnapshotsLost,
    /// A start with what was left was interrupted.
    SalvageInterrupted,
    /// A process ended in another way than in good order after something was lost.
    CrashedAfterLoss,
    /// A product was not sold after a loss, since nothing proved how much of it there was.
    NotSoldAfterLoss,
    /// A product was sold after a loss.
    SoldAfterLoss,
    /// A key was sent again after a loss and found its answer, of before it.
    AnswerOutlivedLoss,
}

/// How often each situation was reached.
#[derive(Clone, Default)]
pub struct Tally {
    crashes: u64,
    counts: BTreeMap<Situation, u64>,
}

impl Tally {
    /// Number of lives that did not end in good order, interrupted recoveries included.
    pub fn crashes(&self) -> u64 {
        self.crashes
    }

    /// How often a situation was reached.
    pub fn count(&self, situation: Situation) -> u64 {
        self.counts.get(&situation).copied().unwrap_or(0)
    }

    /// Adds the counts of another run.
    pub fn add(&mut self, other: &Self) {
        self.crashes += other.crashes;
        for (&situation, theirs) in &other.counts {
            *self.counts.entry(situation).or_default() += theirs;
        }
    }

    /// The situations that were never reached.
    pub fn missing(&self) -> Vec<Situation> {
        let all = Situation::ALL.iter().copied();
        all.filter(|&situation| self.count(situation) == 0)
            .collect()
    }

    pub(super) fn crashed(&mut self) {
        self.crashes += 1;
    }

    pub(super) fn saw(&mut self, situation: Situation) {
        self.saw_if(true, situation);
    }

    pub(super) fn saw_if(&mut self, reached: bool, situation: Situation) {
        *self.counts.entry(situation).or_default() += u64::from(reached);
    }
}

impl fmt::Debug for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = Situation::ALL
            .iter()
            .map(|&situation| (situation, self.count(situation)));
        f.debug_map()
            .entry(&"crashes", &self.crashes)
            .entries(counts.map(|(situation, count)| (format!("{situation:?}"), count)))
            .finish()
    }
}
