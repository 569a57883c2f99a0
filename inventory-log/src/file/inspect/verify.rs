//! Verification: reads everything in a directory, and compares what can be compared.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use inventory_core::machine::{Entry, Head, Ledger, WindowLimits, replica};
use inventory_core::ports::Snapshot;
use inventory_core::vocabulary::{Chain, Sequence, Timestamp};

use super::compare::difference;
use super::fault::{Fault, FaultKind};
use super::record::Record;
use super::view::{Part, View};
use crate::disk::{DiskFile, read_onto};
use crate::file::index;
use crate::file::segment::Segment;

/// What was read, and what is wrong with it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Verified {
    /// Events whose checksum and chain are right.
    pub events: u64,
    /// Snapshots that are equal to what the log makes of the position that they stand for.
    pub snapshots_compared: usize,
    /// Indexes that are what their segments make them.
    pub indexes: usize,
    /// Dead letters that can be read, and those of them that nobody has resolved.
    pub dead_letters: usize,
    /// As `dead_letters`.
    pub unresolved: usize,
    /// What is not as it should be: first the log, then what is beside it.
    pub faults: Vec<Fault>,
}

/// Reads a directory that was opened with [`Depth::Everything`](super::Depth). `progress` is called with the bytes of the log that
/// were read.
///
/// # Errors
///
/// Storage failed; damage is among the faults.
pub fn verify(view: &View, progress: &mut dyn FnMut(u64)) -> io::Result<Verified> {
    let mut faults: Vec<Fault> = view.findings.iter().cloned().map(Fault::from).collect();
    let mut snapshots = Vec::new();
    for found in view.snapshots()? {
        match found.snapshot {
            Ok(snapshot) => snapshots.push((found.file, snapshot)),
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                let what = cause.unwrap_or_else(|| error.to_string());
                let fault = Fault::new(FaultKind::Snapshot, found.file, found.offset, what);
                faults.push(fault);
            }
        }
    }
    // In the order of the log, which is that of their names in all but an interrupted restart.
    snapshots.sort_by_key(|(_, snapshot)| snapshot.image.head().sequence);
    let mut pass = Pass::new(view, snapshots);
    pass.compare();
    let (mut read, mut last) = (0, 0);
    view.each_record(Sequence::START, Timestamp::default(), &mut |record| {
        // Where offsets go back, the next segment has begun.
        read += record.offset.checked_sub(last).unwrap_or(record.offset);
        last = record.offset;
        progress(read);
        pass.take(record);
        ControlFlow::Continue(())
    })?;
    pass.end();
    faults.append(&mut pass.faults);
    let indexes = indexes(view, &mut faults)?;
    let (letters, mut unreadable) = view.dead_letters()?;
    faults.append(&mut unreadable);
    let unresolved = letters.iter().filter(|letter| letter.resolution.is_none());
    Ok(Verified {
        events: pass.events,
        snapshots_compared: pass.compared,
        indexes,
        dead_letters: letters.len(),
        unresolved: unresolved.count(),
        faults,
    })
}

/// One pass through the log.
struct Pass<'a> {
    view: &'a View,
    /// Chain and time that the next record follows; `None` after a gap.
    head: Option<Head>,
    /// What the log amounts to, from where it is known on.
    ledger: Option<Ledger>,
    /// Those that were not reached yet, the oldest first.
    snapshots: Vec<(&'static str, Snapshot)>,
    compared: usize,
    events: u64,
    faults: Vec<Fault>,
}

impl<'a> Pass<'a> {
    fn new(view: &'a View, snapshots: Vec<(&'static str, Snapshot)>) -> Self {
        let first = view.parts.first().and_then(|part| part.header);
        let whole = view.floor() == Sequence::START;
        let mut pass = Self {
            view,
            head: first.map(|header| header.before),
            ledger: whole.then(|| Ledger::new(WindowLimits::default())),
            snapshots: Vec::new(),
            compared: 0,
            events: 0,
            faults: Vec::new(),
        };
        for (file, snapshot) in snapshots {
            let (at, end) = (snapshot.image.head().sequence, view.head().sequence);
            if snapshot.epoch != view.epoch() && snapshot.replaces != Some(view.epoch()) {
                let what = format!(
                    "it is of epoch {}, the log of {}",
                    snapshot.epoch,
                    view.epoch()
                );
                pass.faults
                    .push(Fault::new(FaultKind::Different, file, 0, what));
            } else if at > end {
                let what = format!("it stands for position {at}, the log ends at {end}");
                pass.faults
                    .push(Fault::new(FaultKind::Different, file, 0, what));
            } else {
                pass.snapshots.push((file, snapshot));
            }
        }
        pass
    }

    fn take(&mut self, record: Record<'_>) {
        let (file, offset) = (record.file, record.offset);
        let entry = match record.entry {
            Ok(entry) => entry,
            Err(error) => {
                self.log(file, offset, format!("a record cannot be read: {error}"));
                self.head = None;
                self.ledger = None;
                return;
            }
        };
        let follows = self.head.filter(|head| head.sequence.next() == entry.first);
        if let Some(head) = follows
            && !continues(&entry, head.chain, head.recorded_at)
        {
            let what = format!(
                "the record of position {} does not follow from what is before it",
                entry.first
            );
            self.log(file, offset, what);
            self.ledger = None;
        }
        self.head = Some(Head::after(&entry));
        self.events += entry.events.len() as u64;
        self.follow(file, offset, &entry);
        self.compare();
    }

    fn follow(&mut self, file: &str, offset: u64, entry: &Entry) {
        let Some(ledger) = &mut self.ledger else {
            return;
        };
        if entry.last() <= ledger.head().sequence {
            return;
        }
        match replica::apply(ledger, entry) {
            Ok(poison) => {
                let faults = poison.iter().map(|poison| {
                    let what = format!(
                        "the event at position {} has no effect: {}",
                        poison.sequence, poison.reason
                    );
                    Fault::new(FaultKind::NoEffect, file, offset, what)
                });
                self.faults.extend(faults);
            }
            // What is wrong was found in the files already: positions are missing, or a record does not follow.
            Err(_) => self.ledger = None,
        }
    }

    /// Compares the snapshots of the position that the log has been followed to, or begins with the first one that the log
    /// goes back to.
    fn compare(&mut self) {
        while let Some((file, snapshot)) = self.snapshots.first() {
            let at = snapshot.image.head().sequence;
            let Some(ledger) = &self.ledger else {
                if self.head.is_some_and(|head| head.sequence > at) {
                    self.snapshots.remove(0);
                    continue;
                }
                if self.head.is_none_or(|head| head.sequence < at) {
                    return;
                }
                let head = self.head;
                let (file, snapshot) = self.snapshots.remove(0);
                if head != Some(snapshot.image.head()) {
                    let what = format!("it is not of the log that has position {at}");
                    self.faults
                        .push(Fault::new(FaultKind::Different, file, 0, what));
                    continue;
                }
                self.ledger = Some(snapshot.image.thaw(WindowLimits::default()));
                continue;
            };
            if ledger.head().sequence < at {
                return;
            }
            if let Some(what) = difference(&snapshot.image, &ledger.freeze()) {
                self.faults
                    .push(Fault::new(FaultKind::Different, file, 0, what));
            } else {
                self.compared += 1;
            }
            self.snapshots.remove(0);
        }
    }

    /// The end of the log must be where it was seen.
    fn end(&mut self) {
        let end = self.view.head();
        let differs = self.head.is_some_and(|head| head != end);
        if let Some(part) = self.view.parts.last().filter(|_| differs)
            && self.faults.is_empty()
            && self.view.losses().next().is_none()
        {
            let what = format!("the log does not end at position {}", end.sequence);
            let fault = Fault::new(FaultKind::Log, &part.name, part.end, what);
            self.faults.push(fault);
        }
    }

    fn log(&mut self, file: &str, offset: u64, what: String) {
        self.faults
            .push(Fault::new(FaultKind::Log, file, offset, what));
    }
}

fn continues(entry: &Entry, chain: Chain, recorded_at: Timestamp) -> bool {
    let chained = entry.chain_after(chain);
    chained.is_none_or(|chain| chain == entry.chain) && entry.recorded_at >= recorded_at
}

/// Compares the indexes with their segments, and counts those that are right.
fn indexes(view: &View, faults: &mut Vec<Fault>) -> io::Result<usize> {
    let mut right = 0;
    for part in &view.parts {
        let Some((name, file)) = view.index(part) else {
            continue;
        };
        let Some(expected) = index::bytes_of(&part.segment())? else {
            // Its segment is damaged, which was found there.
            continue;
        };
        let mut found = Vec::new();
        let size = usize::try_from(file.size()?).unwrap_or(usize::MAX);
        read_onto(file, &mut found, 0, size.min(expected.len() + 1))?;
        if found == expected {
            right += 1;
            continue;
        }
        let same = found.iter().zip(&expected).take_while(|(a, b)| a == b);
        let offset = same.count() as u64;
        let what = format!("it is not the index of {}", part.name);
        faults.push(Fault::new(FaultKind::Index, &name, offset, what));
    }
    Ok(right)
}

impl Part {
    fn segment(&self) -> Segment {
        Segment {
            name: self.name.clone(),
            first: self.first,
            last: self.last,
            end: self.end,
            gaps: true,
            generation: 0,
            file: Arc::clone(&self.file),
        }
    }
}
