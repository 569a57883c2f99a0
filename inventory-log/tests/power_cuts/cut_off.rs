//! Cut-off torn writes: what a start cuts off stays cut off, whatever a sync of that start has lost.

use inventory_core::ports::EventLog;
use inventory_core::testing::{Defect, with};
use inventory_log::file::{FindingKind, OpenError};
use inventory_log::testing::{Call, Fault, SimDisk};

use crate::small::open;
use crate::witness::{Step, Witness};

const ONE: Step = Step::Append {
    entries: 1,
    lines: 1,
};
const ACTIVE: &str = "events.log.jsonl";

/// A disk whose active segment ends in half a record, several sectors long, that is durable.
fn torn(seed: u64) -> (SimDisk, Witness) {
    let disk = SimDisk::new(seed);
    let mut witness = Witness::default();
    let mut store = open(&disk).unwrap();
    witness.run(&mut store, &[ONE, ONE]);
    let records = store.log.head().sequence;
    // A process that is killed trims nothing.
    std::mem::forget(store);
    let disk = disk.kill();
    let content = disk.content(ACTIVE).unwrap();
    let end = content.iter().rposition(|byte| *byte == b'}').unwrap() + 2;
    let half = format!(
        "{{\"seq\":{},\"half\":\"{}",
        records.next(),
        "x".repeat(1_500)
    );
    // Behind it is what was reserved.
    let content = [&content[..end], half.as_bytes(), &[0; 700]].concat();
    disk.put(ACTIVE, content);
    (disk, witness)
}

/// Starts of which the `nth` sync fails and loses what it should have kept, then one that is left alone, work, and a power
/// cut. What does the last start find?
fn found_after(seed: u64, nth: u64) -> Option<Vec<FindingKind>> {
    let (disk, mut witness) = torn(seed);
    disk.arm(Some(Call::Sync), nth, Fault::SyncLosesPages);
    match open(&disk) {
        Err(OpenError::Io(_)) => {}
        Err(refused) => panic!("{refused:?}"),
        Ok(_) => return None,
    }
    let disk = disk.kill();
    let mut store = open(&disk).unwrap();
    witness.check(&mut store).unwrap();
    // Enough for segments that are sealed after the one that was torn.
    witness.run(&mut store, &[ONE; 20]);
    std::mem::forget(store);
    let mut store = open(&disk.power_cut(|_| false)).unwrap();
    witness.check(&mut store).unwrap();
    let kinds = store.findings.iter().map(|finding| finding.kind);
    Some(kinds.collect())
}

/// What each start finds, whichever sync has failed and whatever it has lost.
fn all_found() -> Vec<Vec<FindingKind>> {
    let of_seed = |seed| (1..).map_while(move |nth| found_after(seed, nth));
    (0..8).flat_map(of_seed).collect()
}

#[test]
fn what_was_cut_off_stays_cut_off() {
    let all = all_found();
    assert!(all.len() > 3 * 8, "{all:?}");
    assert!(all.iter().all(Vec::is_empty), "{all:?}");
}

#[test]
fn a_cut_that_only_seems_durable_is_seen() {
    let all = with(Defect::FoundCutNotSynced, all_found);
    assert!(all.contains(&vec![FindingKind::TornWrite]), "{all:?}");
}
