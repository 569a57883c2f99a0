//! Bit rot under the whole engine: a start is refused and says where, or it reports what it has found, or nothing is missing.
//! Never a silent loss.

mod damage;
mod judge;
mod start;
mod subject;

use inventory_core::engine::Recovery;
use inventory_core::testing::{Defect, with};

use damage::{Damage, cuts, flips};
use start::start;
use subject::{Parts, Subject, directory};

macro_rules! subjects {
    ($($test:ident: $parts:expr,)*) => {
        $(
            mod $test {
                use super::*;

                #[test]
                fn no_flipped_bit_is_a_silent_loss() {
                    check(flips, $parts);
                }

                #[test]
                fn no_cut_file_is_a_silent_loss() {
                    check(cuts, $parts);
                }
            }
        )*
    };
}

fn check(damage: fn(&[u8]) -> Vec<Damage>, parts: Parts) {
    let subject = directory(3, parts);
    for recovery in [Recovery::Strict, Recovery::Quarantine] {
        let tally = subject
            .rot(recovery, damage)
            .unwrap_or_else(|violation| panic!("{violation}"));
        eprintln!("{recovery:?}: {tally:?}");
        match recovery {
            Recovery::Strict => assert!(tally.refused > 0, "no start was refused"),
            Recovery::Quarantine => assert!(
                tally.told > tally.refused,
                "damage keeps an engine from starting"
            ),
        }
    }
}

subjects! {
    log_alone: Parts { save: false, purge: false, close: true },
    log_and_snapshot: Parts { save: true, purge: false, close: true },
    purged_log: Parts { save: true, purge: true, close: true },
    log_of_a_process_that_was_killed: Parts { save: true, purge: true, close: false },
}

const PURGED: Parts = Parts {
    save: true,
    purge: true,
    close: true,
};

/// The newest snapshot rots, of a log that has given up its beginning: the one before and the log have everything.
fn rot_of_the_newest_costs_nothing(subject: &Subject) -> Result<(), String> {
    let content = subject.disk.content("state.json").expect("it was saved");
    for Damage { what, content } in flips(&content).into_iter().chain(cuts(&content)) {
        let rotten = subject.disk.fork();
        match content {
            Some(content) => rotten.put("state.json", content),
            None => rotten.lose("state.json"),
        }
        match start(&rotten, Recovery::Strict) {
            Ok((picture, _)) if picture == subject.picture => {}
            // One flipped bit makes it look like a later program's, which is nobody's to pass over.
            Err(words) if words.contains("this program reads") => {}
            other => return Err(format!("{what}: {other:?}")),
        }
    }
    Ok(())
}

#[test]
fn a_newest_snapshot_that_rots_costs_nothing_though_the_log_was_purged() {
    let subject = directory(3, PURGED);
    let first = subject.picture.entries.first().expect("it has a tail");
    assert!(first.first.number() > 1, "the log was purged");
    rot_of_the_newest_costs_nothing(&subject).unwrap();
    with(Defect::LogSkippedAfterFallback, || {
        rot_of_the_newest_costs_nothing(&subject).expect_err("the log between is gone")
    });
}

fn sees(defect: Defect, damage: fn(&[u8]) -> Vec<Damage>) {
    let subject = directory(
        3,
        Parts {
            save: true,
            purge: true,
            close: true,
        },
    );
    let seen = with(defect, || subject.rot(Recovery::Strict, damage));
    let violation = seen
        .err()
        .unwrap_or_else(|| panic!("{defect:?} was not seen"));
    eprintln!("{defect:?} is seen: {violation:.200}");
}

#[test]
fn a_line_whose_checksum_is_not_compared_is_seen() {
    sees(Defect::CrcNotChecked, flips);
}

#[test]
fn a_snapshot_whose_checksum_is_not_compared_is_seen() {
    sees(Defect::SnapshotCrcNotChecked, flips);
}

#[test]
fn a_cut_that_is_not_noticed_is_seen() {
    sees(Defect::CutOffNotNoticed, cuts);
}

#[test]
fn a_snapshot_of_another_log_is_refused_even_where_it_says_the_same() {
    let parts = Parts {
        save: true,
        purge: true,
        close: true,
    };
    let (ours, theirs) = (directory(3, parts), directory(4, parts));
    let mixed = ours.disk.fork();
    mixed.put(
        "state.json",
        theirs.disk.content("state.json").expect("it was saved"),
    );
    let refused = start(&mixed.fork(), Recovery::Strict).expect_err("the snapshot is a stranger's");
    assert!(refused.contains("epoch"), "{refused}");
    with(Defect::EpochNotChecked, || {
        start(&mixed, Recovery::Strict).expect("nobody looks at the epoch")
    });
}
