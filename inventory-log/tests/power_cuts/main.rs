//! Power cuts at every call, with every fault: what was acknowledged is there, and a healthy disk is never refused.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cut_off;
mod small;
mod witness;

use inventory_core::ports::EventLog;
use inventory_core::testing::Defect;
use inventory_log::file::{FindingKind, OpenError};
use inventory_log::testing::{Call, Fault, SimDisk};

use small::open;
use witness::{Step, WORKLOAD, Witness};

/// Runs the workload with a fault at call `nth`, lets the process end, and says what the next one finds.
fn crash(seed: u64, nth: u64, fault: Fault, power: bool) -> Result<bool, String> {
    let disk = SimDisk::new(seed);
    disk.arm(None, nth, fault);
    let mut witness = Witness::default();
    let reached = {
        let opened = open(&disk);
        match opened {
            Ok(mut store) => {
                witness.run(&mut store, WORKLOAD);
                // A process that ends in good order drops its store; here, half of them do not get that far.
                if seed.is_multiple_of(2) {
                    std::mem::forget(store);
                }
            }
            Err(OpenError::Io(_)) => {}
            Err(refused) => return Err(format!("refused a new directory: {refused:?}")),
        }
        disk.calls() >= nth
    };
    let mut dice =
        seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ nth.wrapping_mul(0xd134_2543_de82_ef95);
    let mut coin = move |_| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        dice.is_multiple_of(2)
    };
    let mut disk = match power {
        true => disk.power_cut(&mut coin),
        false => disk.kill(),
    };
    // The recovery is interrupted as well, at every call in turn, until one is not.
    for interrupted in 1.. {
        disk.arm(None, interrupted, Fault::Crash);
        match open(&disk) {
            Ok(mut store) => {
                disk.disarm();
                witness.check(&mut store)?;
                return witness.go_on(store, &disk).map(|()| reached);
            }
            Err(OpenError::Io(_)) => {
                disk = if power {
                    disk.power_cut(&mut coin)
                } else {
                    disk.kill()
                }
            }
            Err(refused) => return Err(format!("refused a healthy disk: {refused:?}")),
        }
    }
    unreachable!("an endless loop only ends by returning")
}

fn sweep(fault: Fault, power: bool, seeds: u64) -> Result<(), String> {
    for seed in 0..seeds {
        for nth in 1.. {
            match crash(seed, nth, fault, power) {
                Ok(true) => {}
                Ok(false) => break,
                Err(what) => {
                    return Err(format!(
                        "seed {seed}, call {nth}, {fault:?}, power {power}: {what}"
                    ));
                }
            }
        }
    }
    Ok(())
}

const FAULTS: [Fault; 7] = [
    Fault::Crash,
    Fault::Eio,
    Fault::SyncLosesPages,
    Fault::NoSpace,
    Fault::NoDescriptors,
    Fault::Short,
    Fault::ShortThenNoSpace,
];

#[test]
fn what_was_acknowledged_survives_a_power_cut_at_any_call() {
    for fault in FAULTS {
        sweep(fault, true, 6).unwrap();
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill_at_any_call() {
    for fault in FAULTS {
        sweep(fault, false, 2).unwrap();
    }
}

#[test]
fn the_sweep_sees_the_defects_of_this_adapter() {
    let seen = [
        (Defect::AcknowledgeBeforeSync, Fault::Crash, true),
        (Defect::IgnoreFailedSync, Fault::SyncLosesPages, true),
        (Defect::RetryFailedSync, Fault::SyncLosesPages, true),
        (Defect::NoDirectorySyncAfterRename, Fault::Crash, true),
        (Defect::SnapshotInPlace, Fault::Crash, true),
        (Defect::TornTailNotCut, Fault::Crash, true),
        (
            Defect::FullDiskNotRolledBack,
            Fault::ShortThenNoSpace,
            false,
        ),
        (Defect::PoisonIgnored, Fault::SyncLosesPages, true),
    ];
    for (defect, fault, power) in seen {
        let outcome = std::panic::catch_unwind(|| {
            inventory_core::testing::with(defect, || sweep(fault, power, 6))
        });
        assert!(!matches!(outcome, Ok(Ok(()))), "{defect:?} was not seen");
    }
}

#[test]
fn every_subset_of_a_small_group_leaves_a_prefix_of_it() {
    let base = SimDisk::new(3);
    let mut witness = Witness::default();
    let mut store = open(&base).unwrap();
    witness.run(
        &mut store,
        &[Step::Append {
            entries: 1,
            lines: 1,
        }],
    );
    let head = store.log.head().sequence;
    // The sync of the group fails: everything written since the one before is up to chance.
    let group = witness.group(3, 2);
    base.arm(Some(Call::Write), 2, Fault::Crash);
    base.arm(Some(Call::Sync), 1, Fault::Crash);
    assert!(store.log.append(head, &group).is_err());
    witness.unsure = group;
    let units = base.units();
    assert!((2..16).contains(&units), "{units} units");
    let mut kept = std::collections::BTreeSet::new();
    let mut torn = 0;
    for subset in 0..1_u32 << units {
        let disk = base.fork().power_cut(|unit| subset >> unit & 1 == 1);
        let mut store = open(&disk).unwrap();
        witness
            .check(&mut store)
            .unwrap_or_else(|what| panic!("subset {subset:b}: {what}"));
        torn += store
            .findings
            .iter()
            .filter(|finding| finding.kind == FindingKind::TornWrite)
            .count();
        kept.insert(store.log.head().sequence);
    }
    assert!(kept.len() > 1 && torn > 0, "{kept:?}, {torn} torn");
}
