//! Recovery: the newest valid snapshot, then the log after it.

use std::borrow::Cow;
use std::sync::Arc;

use super::pages::for_each_page;
use super::{OpenError, Recovery, Settings};
use crate::defect;
use crate::machine::{self, Break, Entry, Event, Image, Ledger, Poison};
use crate::ports::{
    DeadLetter, LoadError, Loaded, Observation, Ports, Saved, Snapshot, StorageError,
};
use crate::vocabulary::{Epoch, Sequence};

/// Positions that were acknowledged and are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// Last position before the loss.
    pub after: Sequence,
    /// First position after it.
    pub before: Sequence,
}

/// What a start has found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RecoveryReport {
    /// Position of the snapshot that was used.
    pub from_snapshot: Option<Sequence>,
    /// Why the newest snapshot was not used: an older one and the log, or the log alone, had everything.
    pub snapshot_unusable: Option<String>,
    /// Events that were replayed from the log.
    pub events_replayed: u64,
    /// Events that could not be applied, of those replayed.
    pub poison: Vec<Poison>,
    /// Acknowledged positions that are gone. Not empty only with [`Recovery::Quarantine`], which then has started a new
    /// epoch.
    pub lost: Vec<Loss>,
    /// Dead letters that nobody has resolved, those of earlier starts included.
    pub dead_letters: usize,
}

impl RecoveryReport {
    /// Whether a person should look: something was buried or lost, now or earlier.
    pub fn is_degraded(&self) -> bool {
        self.dead_letters > 0 || !self.lost.is_empty()
    }
}

/// A ledger that stands where the log ends.
pub(super) struct Recovered {
    pub(super) ledger: Ledger,
    pub(super) snapshot: Sequence,
    /// The position through which the log may be given up.
    pub(super) purge_through: Sequence,
    pub(super) report: RecoveryReport,
}

pub(super) fn recover(ports: &mut Ports, settings: &Settings) -> Result<Recovered, OpenError> {
    let mut report = RecoveryReport::default();
    let (mut ledger, mut purge_through) = match load(ports, &mut report, settings)? {
        Some(Loaded {
            snapshot,
            purge_through,
            ..
        }) => (snapshot.image.thaw(settings.window), purge_through),
        None => (Ledger::new(settings.window), Sequence::START),
    };
    let mut snapshot = ledger.head().sequence;
    if report.snapshot_unusable.is_some() && defect!(LogSkippedAfterFallback) {
        ledger.skip_to(ports.log.head().sequence);
    }
    replay(ports, settings, &mut ledger, &mut report)?;
    if report.lost.is_empty() && !ports.log.is_whole() {
        // The adapter alone has seen the loss, and nothing says that the snapshot covers it.
        ledger.lose(ledger.head().sequence.next());
    }
    bury(ports, &report)?;
    if !report.lost.is_empty() || !ports.log.is_whole() {
        ledger.forget_keys(ports.clock.now().max(ledger.head().recorded_at));
        let (_epoch, saved) = restart(ports, ledger.freeze()).map_err(OpenError::Storage)?;
        purge_through = saved.purge_through;
        snapshot = ledger.head().sequence;
    }
    let mut count = |letter: DeadLetter| {
        report.dead_letters += usize::from(letter.resolution.is_none());
    };
    let counted = ports.dead_letters.each(&mut count);
    counted.map_err(OpenError::Storage)?;
    Ok(Recovered {
        ledger,
        snapshot,
        purge_through,
        report,
    })
}

/// The snapshot, if it can be used and belongs to the log.
fn load(
    ports: &mut Ports,
    report: &mut RecoveryReport,
    settings: &Settings,
) -> Result<Option<Loaded>, OpenError> {
    let floor = ports.log.reader().floor();
    let loaded = match ports.snapshots.load() {
        Ok(None) => return Ok(None),
        Ok(Some(loaded)) => loaded,
        Err(cause @ LoadError::Damaged { .. })
            if floor == Sequence::START || settings.recovery == Recovery::Quarantine =>
        {
            report.snapshot_unusable = Some(cause.to_string());
            return Ok(None);
        }
        Err(cause) => return Err(OpenError::Snapshot { floor, cause }),
    };
    let snapshot = &loaded.snapshot;
    let head = snapshot.image.head();
    if snapshot.epoch != ports.log.epoch() && !defect!(EpochNotChecked) {
        if snapshot.replaces != Some(ports.log.epoch()) {
            return Err(OpenError::ForeignSnapshot {
                snapshot: snapshot.epoch,
                log: ports.log.epoch(),
            });
        }
        // An earlier start was interrupted between the two steps of a restart.
        ports
            .log
            .restart(head, snapshot.epoch)
            .map_err(OpenError::Storage)?;
    }
    report.from_snapshot = Some(head.sequence);
    report.snapshot_unusable = loaded
        .newer_damaged
        .as_ref()
        .map(|cause| format!("a newer snapshot is damaged: {cause}"));
    Ok(Some(loaded))
}

fn replay(
    ports: &mut Ports,
    settings: &Settings,
    ledger: &mut Ledger,
    report: &mut RecoveryReport,
) -> Result<(), OpenError> {
    let (head, end) = (ledger.head(), ports.log.head());
    if end.sequence < head.sequence {
        let before = head.sequence.next();
        return lose_or_refuse(settings, ledger, report, end.sequence, before).map_err(|_| {
            OpenError::LogEndsBeforeSnapshot {
                log: end.sequence,
                snapshot: head.sequence,
            }
        });
    }
    if end.sequence == head.sequence && end.chain != head.chain {
        let at = Break::OtherHistory { at: end.sequence };
        return Err(OpenError::OtherHistory { at });
    }
    let reader = ports.log.reader();
    let floor = reader.floor();
    if floor > head.sequence {
        lose_or_refuse(settings, ledger, report, head.sequence, floor.next())?;
        ledger.skip_to(floor);
    }
    let after = ledger.head().sequence;
    for_each_page(&*reader, after, end.sequence, |page| {
        if page.is_empty() {
            // The log promises an end that it does not have.
            let after = ledger.head().sequence;
            lose_or_refuse(settings, ledger, report, after, end.sequence.next())?;
            ledger.skip_to(end.sequence);
        }
        page.iter()
            .try_for_each(|entry| apply(ports, settings, ledger, report, entry))
    })
}

fn apply(
    ports: &Ports,
    settings: &Settings,
    ledger: &mut Ledger,
    report: &mut RecoveryReport,
    entry: &Arc<Entry>,
) -> Result<(), OpenError> {
    let poison = match machine::apply(ledger, entry) {
        Ok(poison) => poison,
        Err(Break::Gap { head, found }) if found > head.next() => {
            lose_or_refuse(settings, ledger, report, head, found)?;
            machine::apply_after_loss(ledger, entry)
        }
        // After a loss nothing says which of two entries for one position is right: the first one read counts.
        Err(Break::Gap { .. }) if !report.lost.is_empty() => return Ok(()),
        Err(_) if !report.lost.is_empty() => machine::apply_after_loss(ledger, entry),
        Err(at) => return Err(OpenError::OtherHistory { at }),
    };
    report.events_replayed += entry.events.len() as u64;
    for poison in poison {
        let observation = Observation::DeadLettered { poison: &poison };
        ports.observer.observe(&observation);
        report.poison.push(poison);
    }
    Ok(())
}

fn lose_or_refuse(
    settings: &Settings,
    ledger: &mut Ledger,
    report: &mut RecoveryReport,
    after: Sequence,
    before: Sequence,
) -> Result<(), OpenError> {
    match settings.recovery {
        Recovery::Strict => Err(OpenError::Missing { after, before }),
        Recovery::Quarantine => {
            report.lost.push(Loss { after, before });
            ledger.lose(before);
            Ok(())
        }
    }
}

/// Writes down what was found. The ids are made of positions, so the next start finds the letters there already.
fn bury(ports: &mut Ports, report: &RecoveryReport) -> Result<(), OpenError> {
    let (epoch, buried_at) = (ports.log.epoch(), ports.clock.now());
    let poison = report.poison.iter().map(|poison| {
        let id = format!("{epoch}/{}", poison.sequence);
        let found = match &poison.event {
            Event::DeadLettered(letter) => Cow::Borrowed(letter.raw.as_bytes()),
            event @ Event::Moved(_) => format!("{event:?}").into_bytes().into(),
        };
        DeadLetter {
            sequence: Some(poison.sequence),
            product: poison.event.product().cloned(),
            ..DeadLetter::new(id, poison.reason.to_string(), buried_at, &found)
        }
    });
    let lost = report.lost.iter().filter(|_| !defect!(LossNotWrittenDown));
    let lost = lost.map(|lost| {
        let id = format!("{epoch}/lost-after-{}", lost.after);
        let reason = format!("acknowledged positions before {} are gone", lost.before);
        DeadLetter {
            sequence: Some(lost.after.next()),
            ..DeadLetter::new(id, reason, buried_at, &[])
        }
    });
    let letters: Vec<_> = poison.chain(lost).collect();
    if letters.is_empty() {
        return Ok(());
    }
    let buried = ports.dead_letters.bury(&letters);
    buried.map_err(OpenError::Storage)
}

/// Leaves a history behind: what is to be kept of it becomes a snapshot of a new epoch, and the log goes on after it.
///
/// In this order, since a snapshot that says what it replaces lets the next start finish the second step.
pub(super) fn restart(ports: &mut Ports, image: Image) -> Result<(Epoch, Saved), StorageError> {
    let head = image.head();
    let given_up = ports.log.epoch();
    let epoch = given_up.successor(head.sequence, ports.clock.now());
    let snapshot = Snapshot {
        epoch,
        replaces: Some(given_up),
        image,
    };
    let saved = ports.snapshots.save(&snapshot)?;
    ports.log.restart(head, epoch)?;
    Ok((epoch, saved))
}
