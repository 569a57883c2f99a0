//! Mistakes that are made on purpose: properties that do not see them prove nothing.

use inventory_core::testing::{Defect, with};
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};

use crate::world::World;
use crate::{again, draw, shelf};

/// Plays cases until one of them panics.
fn expect_seen<S: Strategy>(defect: Defect, cases: &S, play: impl Fn(S::Value)) {
    let mut runner = TestRunner::new(ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 0,
        ..crate::cases::many_cases()
    });
    let seen = runner.run(cases, |case| {
        with(defect, || play(case));
        Ok(())
    });
    assert!(
        matches!(seen, Err(TestError::Fail(..))),
        "{defect:?} was not seen"
    );
}

macro_rules! seen {
    (by $by:ident: $($test:ident: $defect:ident,)*) => {
        $(
            #[test]
            fn $test() {
                seen!($by, Defect::$defect);
            }
        )*
    };
    (the_model, $defect:expr) => {
        expect_seen($defect, &(draw::rules(), draw::steps()), |(rules, steps)| {
            World::play(rules, &steps);
        })
    };
    (who_asks_again, $defect:expr) => {
        expect_seen($defect, &draw::steps(), |steps| again::play(&steps))
    };
    (the_shelf, $defect:expr) => {
        expect_seen($defect, &shelf::story(), |story| shelf::play(&story))
    };
}

// Of the engine.
seen! { by the_model:
    dirty_read: DirtyRead,
    refusal_answered_early: RefusalAnsweredEarly,
    log_purged_before_snapshot: LogPurgedBeforeSnapshot,
}

// Of the rules, by oracles that know none of them.
seen! { by the_shelf:
    counted_since_ignored: CountedSinceIgnored,
}
seen! { by who_asks_again:
    unchanged_forgotten: UnchangedForgotten,
    callers_share_keys: CallersShareKeys,
}

// Of the rules, by the naive model.
seen! { by the_model:
    guard_ignored: GuardIgnored,
    fingerprint_ignored: FingerprintIgnored,
    overdue_committed: OverdueCommitted,
    lapsed_set_free_again: LapsedSetFreeAgain,
    released_twice: ReleasedTwice,
    refused_not_taken_back: RefusedNotTakenBack,
    alerts_not_judged: AlertsNotJudged,
    ended_stays_due: EndedStaysDue,
    oldest_forgotten: OldestForgotten,
    eviction_not_counted: EvictionNotCounted,
    keys_never_age: KeysNeverAge,
}
