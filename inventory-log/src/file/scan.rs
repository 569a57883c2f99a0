//! Segment scan: judges which bytes count, which are foreign, which were never acknowledged, and what is missing.
//!
//! ```text
//!  header │ record │ foreign │ record │ record │ tail: invalid bytes, or records after a gap │ padding
//!         └──────────── kept ──────────────────┘
//! ```
//!
//! A record names its group: the first position of the append that wrote it, below which everything was durable. So a
//! position that is missing was acknowledged exactly when a record of a later group is there.

use std::io;
use std::ops::Range;

use inventory_core::defect;
use inventory_core::machine::Head;
use inventory_core::vocabulary::Sequence;

use super::error::Damage;
use super::header::Header;
use super::lines::Lines;
use crate::codec::record::Line;
use crate::disk::{DiskFile, read_onto};

/// Acknowledged positions that are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gap {
    /// The bytes that stand in their place.
    pub(super) bytes: Range<u64>,
    /// First missing position.
    pub(super) from: Sequence,
    /// Last missing position.
    pub(super) through: Sequence,
}

/// What a segment holds.
#[derive(Debug)]
pub(super) struct Scan {
    /// The head of the log after the last record that counts.
    pub(super) head: Head,
    /// The bytes that count, those between them left out.
    pub(super) kept: Vec<Range<u64>>,
    /// The records of the last append that count. What is before was durable when that append began.
    pub(super) last_group: Range<u64>,
    /// Bytes between records that nobody misses.
    pub(super) foreign: Vec<Range<u64>>,
    /// Missing positions. More than one only when gaps are passed over.
    pub(super) gaps: Vec<Gap>,
    /// What follows the last record that counts, without the padding at the end.
    pub(super) tail: Option<Range<u64>>,
    /// Damage at the end of the file, where nothing shows which positions it held.
    pub(super) ending: Option<Damage>,
    /// Whether the file was closed in good order, so that what was read from it is what the disk has.
    pub(super) clean: bool,
    /// Every position below was durable when the last append began.
    durable_below: Sequence,
}

impl Scan {
    /// Where the last record that counts ends.
    pub(super) fn end(&self) -> u64 {
        self.kept.last().map_or(0, |range| range.end)
    }
}

/// Judges a segment whose records start at `start` and at the position after `header`.
///
/// With `pass_gaps` the records after a gap are kept as well, unless they belong to an append that was not acknowledged.
pub(super) fn scan(
    file: &dyn DiskFile,
    header: &Header,
    start: u64,
    pass_gaps: bool,
) -> io::Result<Scan> {
    let scan = walk(file, header, start, Sequence::START)?;
    if pass_gaps && !scan.gaps.is_empty() {
        return walk(file, header, start, scan.durable_below);
    }
    Ok(scan)
}

/// One pass. Gaps are passed over as long as what is missing lies below `durable_below`.
fn walk(
    file: &dyn DiskFile,
    header: &Header,
    start: u64,
    durable_below: Sequence,
) -> io::Result<Scan> {
    let size = file.size()?;
    let mut kept = Vec::new();
    push_joined(&mut kept, 0..start);
    let mut foreign = Vec::new();
    let mut gaps = Vec::new();
    let mut next = header.first();
    let mut last_kept = None;
    let mut last_group = Sequence::START;
    let mut last_group_at = start;
    let mut group_max = Sequence::START;
    // What was seen since the last record that counts, and the first record after a gap that is not passed over.
    let mut pending: Vec<Range<u64>> = Vec::new();
    let mut beyond = None;

    let mut lines = Lines::from(start);
    while let Some(piece) = lines.next(file, size)? {
        let range = piece.offset..piece.end();
        let Some(line) = Line::parse(piece.bytes).filter(|_| piece.ended) else {
            pending.push(range);
            continue;
        };
        group_max = group_max.max(line.group);
        let end = kept.last().map_or(0, |range| range.end);
        if beyond.is_none() && line.first == next {
            foreign.append(&mut pending);
        } else if beyond.is_none() && line.first > next && line.first <= durable_below {
            gaps.push(Gap {
                bytes: end..pending.last().map_or(end, |range| range.end),
                from: next,
                through: Sequence::new(line.first.number() - 1),
            });
            pending.clear();
        } else {
            if line.first > next {
                beyond.get_or_insert(line.first);
            }
            pending.push(range);
            continue;
        }
        next = line.last.next();
        last_kept = Some(range.clone());
        if line.group != last_group || defect!(LastGroupCutShort) {
            last_group = line.group;
            last_group_at = range.start;
        }
        push_joined(&mut kept, range.start..range.end + 1);
    }

    let end = kept.last().map_or(0, |range| range.end);
    let tail = pending
        .first()
        .zip(pending.last())
        .map(|(first, last)| first.start..last.end);
    if next < group_max {
        let through = beyond
            .map_or(group_max, |first| first.min(group_max))
            .number()
            - 1;
        gaps.push(Gap {
            bytes: end..tail.as_ref().map_or(end, |tail| tail.end),
            from: next,
            through: Sequence::new(through),
        });
    }
    let (head, damaged_head) = match last_kept {
        Some(range) => head_at(file, range)?,
        None => (header.before, None),
    };
    let (ending, clean) = ending(file, size, end, tail.as_ref(), head.sequence)?;
    Ok(Scan {
        head,
        kept,
        last_group: last_group_at..end,
        foreign,
        gaps,
        tail,
        ending: damaged_head.or(ending),
        clean,
        durable_below: group_max,
    })
}

/// The head after the record at `range`, whose frame was checked.
fn head_at(file: &dyn DiskFile, range: Range<u64>) -> io::Result<(Head, Option<Damage>)> {
    let mut bytes = Vec::new();
    read_onto(
        file,
        &mut bytes,
        range.start,
        (range.end - range.start) as usize,
    )?;
    let line = Line::parse(&bytes)
        .ok_or_else(|| io::Error::other("a record changed while it was read"))?;
    Ok(match line.head() {
        Some(head) => (head, None),
        None => {
            let head = Head {
                sequence: line.last,
                ..Head::default()
            };
            (head, Some(Damage::Tail { after: line.first }))
        }
    })
}

/// What the end of a segment tells: FORMAT.md, "How a segment ends".
fn ending(
    file: &dyn DiskFile,
    size: u64,
    end: u64,
    tail: Option<&Range<u64>>,
    after: Sequence,
) -> io::Result<(Option<Damage>, bool)> {
    let mut last = Vec::new();
    read_onto(file, &mut last, size.saturating_sub(2), 2)?;
    let closed = last == b"\n\n";
    let Some(tail) = tail else {
        let cut = size <= end && !defect!(CutOffNotNoticed);
        return Ok((
            cut.then_some(Damage::CutOff { after }),
            closed && size == end + 1,
        ));
    };
    // Padding before the tail: the record that should stand there was never written whole, or strangers appended.
    if tail.start > end {
        return Ok((None, false));
    }
    Ok(match size - tail.end {
        0 | 1 => (Some(Damage::CutOff { after }), false),
        2 if closed => (Some(Damage::Tail { after }), false),
        _ => (None, false),
    })
}

fn push_joined(ranges: &mut Vec<Range<u64>>, range: Range<u64>) {
    match ranges.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        Some(_) | None => ranges.push(range),
    }
}
