//! Interrupted salvage: the next start does not take what is left for all there was.

use inventory_core::conformance::count;
use inventory_core::engine::{Engine, Opened, Settings};
use inventory_core::machine::{Ledger, Request};
use inventory_core::ports::{Ports, Unobserved};
use inventory_log::testing::Fault;

use super::*;

fn settings(recovery: Recovery) -> Settings {
    Settings::default().with_recovery(recovery)
}

/// Starts an engine; `None` when it is refused.
fn start(disk: &SimDisk, options: FileOptions, recovery: Recovery) -> Option<Opened> {
    let options = options.with_recovery(recovery);
    let store = open_with(disk, options).ok()?;
    let ports = Ports {
        clock: Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH)),
        observer: Arc::new(Unobserved),
        ..store.into_ports()
    };
    Engine::open(ports, settings(recovery)).ok()
}

/// A log that was closed in good order: tea and rice were counted, and some tea was sold last.
fn closed(options: FileOptions) -> SimDisk {
    let disk = SimDisk::new(8);
    let mut opened = start(&disk, options, Recovery::Strict).unwrap();
    let lines = [
        count("tea", "north", 9),
        count("rice", "north", 5),
        adjust("tea", "north", -9),
    ];
    for line in lines {
        let request = Request::unkeyed(vec![line]).unwrap();
        let answers = opened.engine.submit([&request]).unwrap();
        answers[0].as_ref().unwrap();
    }
    drop(opened);
    disk
}

/// Both products are known to be uncertain, or nobody starts.
fn nobody_sells(disk: &SimDisk, options: FileOptions, recovery: Recovery) -> bool {
    let Some(Opened { engine, .. }) = start(disk, options, recovery) else {
        return false;
    };
    let reader = engine.reader();
    let (known, quarantined) =
        reader.read(|ledger| (ledger.product_count(), Ledger::quarantined_count(ledger)));
    assert_eq!(known, quarantined, "{recovery:?}: a product is believed");
    drop(engine);
    // It is so for good.
    let Opened { engine, .. } = start(disk, options, Recovery::Strict).unwrap();
    let again = engine.reader().read(Ledger::quarantined_count);
    assert_eq!(again, quarantined);
    true
}

/// Interrupts a start with what is left at every call. Returns how often a strict start then went on.
fn interrupt(rotten: &SimDisk, options: FileOptions) -> usize {
    assert!(start(&rotten.fork(), options, Recovery::Strict).is_none());
    let mut went_on = 0;
    for nth in 1.. {
        let disk = rotten.fork();
        disk.arm(None, nth, Fault::Crash);
        if start(&disk, options, Recovery::Quarantine).is_some() {
            break;
        }
        let ends = [
            disk.fork(),
            disk.fork().power_cut(|_| false),
            disk.fork().power_cut(|_| true),
        ];
        for end in ends {
            assert!(nobody_sells(&end.fork(), options, Recovery::Quarantine));
            went_on += usize::from(nobody_sells(&end, options, Recovery::Strict));
        }
    }
    went_on
}

fn flipped() -> SimDisk {
    flipped_at("{\"seq\":3")
}

/// Such a log with a bit flipped in the line that starts so.
fn flipped_at(start: &str) -> SimDisk {
    let disk = closed(ONE_SEGMENT);
    let mut content = disk.content(ACTIVE).unwrap();
    let mut windows = content.windows(start.len());
    let line = windows.rposition(|it| it == start.as_bytes()).unwrap();
    content[line + 20] ^= 1;
    disk.put(ACTIVE, content);
    disk
}

#[test]
fn a_salvage_that_is_interrupted_does_not_forget_the_loss() {
    assert!(interrupt(&flipped(), ONE_SEGMENT) > 0, "none was repeated");
}

/// What was copied has a gap where the damage was, and another length before it.
#[test]
fn a_salvage_that_is_interrupted_buries_nothing_twice_and_says_again_what_is_lost() {
    let disk = flipped_at("{\"seq\":2");
    let quarantine = ONE_SEGMENT.with_recovery(Recovery::Quarantine);
    let found = || {
        let store = open_with(&disk, quarantine).unwrap();
        let losses = store.findings.iter();
        let losses = losses.filter(|finding| finding.kind == FindingKind::Loss);
        let losses: Vec<_> = losses.map(|finding| finding.reason.clone()).collect();
        (losses, store.dead_letters.letters().unwrap())
    };
    // No engine has given the history up in between.
    let (first, again) = (found(), found());
    assert_eq!((first.0.len(), first.1.len()), (1, 1), "{first:?}");
    assert_eq!(first, again);
    // The copy was whole: that it is cut off after its first record is another loss.
    let mut cut = disk.content(ACTIVE).unwrap();
    let mut newlines = (0..cut.len()).filter(|&at| cut[at] == b'\n');
    cut.truncate(newlines.nth(1).unwrap() + 1);
    disk.put(ACTIVE, cut);
    let (losses, letters) = found();
    assert_eq!((losses.len(), letters.len()), (1, 2), "{losses:?}");
}

#[test]
fn a_salvage_of_a_lost_segment_that_is_interrupted_does_not_forget_the_loss() {
    let small = OPTIONS.with_segment_bytes(300);
    let disk = closed(small);
    assert!(disk.names().iter().any(|name| name.starts_with("events-")));
    disk.lose(ACTIVE);
    assert!(interrupt(&disk, small) > 0, "none was repeated");
}

/// What the segment before the lost one said of a history that was given up is not true of the one that takes its place: a
/// start that goes on with it would set aside what is left.
#[test]
fn a_salvage_after_a_restart_that_is_interrupted_keeps_the_new_history() {
    let quarantine = OPTIONS.with_recovery(Recovery::Quarantine);
    let disk = SimDisk::new(9);
    let (mut store, mut history) = (open(&disk).unwrap(), History::new());
    append(&mut store, &mut history, 1);
    let head = history.ledger().head();
    store.log.restart(head, Epoch::from_random(9)).unwrap();
    let sealed = || {
        let mut names = disk.names();
        names.retain(|name| name.starts_with("events-") && name.ends_with(".log.jsonl"));
        names.len()
    };
    let mut kept = Vec::new();
    while sealed() == 0 {
        kept.extend(append(&mut store, &mut history, 1));
    }
    append(&mut store, &mut history, 1);
    drop(store);
    disk.lose(ACTIVE);
    for nth in 1.. {
        let disk = disk.fork();
        disk.arm(None, nth, Fault::Crash);
        let is_open = open_with(&disk, quarantine).is_ok();
        let store = open_with(&disk.fork(), quarantine).unwrap();
        assert_eq!(read_all(&store).unwrap(), kept, "call {nth}");
        if is_open {
            break;
        }
    }
}
