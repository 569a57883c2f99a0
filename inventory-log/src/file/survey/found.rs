//! Bad bytes that a survey found: the start is refused, or they are noted, to be buried before anything is changed.

use std::ops::Range;
use std::{io, mem};

use inventory_core::engine::Recovery;
use inventory_core::ports::{CONTENT_BYTES_MAX, DeadLetter};
use inventory_core::vocabulary::Sequence;

use super::{Surveyor, io_error};
use crate::disk::{DiskFile, read_onto};
use crate::file::error::{Damage, OpenError};
use crate::file::finding::{Finding, FindingKind};
use crate::file::header::Header;
use crate::file::scan::{Scan, scan};

/// Where something was found.
struct Place<'a> {
    name: &'a str,
    header: &'a Header,
    file: &'a dyn DiskFile,
}

impl Surveyor<'_> {
    /// Judges a segment, refuses damage, and notes what else is no good.
    pub(super) fn scan(
        &mut self,
        name: &str,
        file: &dyn DiskFile,
        header: &Header,
        start: u64,
    ) -> Result<Scan, OpenError> {
        let salvage = self.recovery == Recovery::Quarantine;
        let reading = |error| io_error(format!("reading {name}"), error);
        let scan = scan(file, header, start, salvage).map_err(reading)?;
        let end = scan.end();
        let place = Place { name, header, file };
        for gap in &scan.gaps {
            let damage = Damage::Missing {
                from: gap.from,
                through: gap.through,
            };
            if !salvage {
                let offset = gap.bytes.start;
                return Err(damaged(name, offset, damage));
            }
            let reason = damage.to_string();
            self.find(
                FindingKind::Loss,
                &place,
                gap.bytes.clone(),
                Some(gap.from),
                reason,
            )?;
        }
        if let Some(damage) = &scan.ending {
            if !salvage {
                return Err(damaged(name, end, damage.clone()));
            }
            let tail = scan.tail.clone().unwrap_or(end..end);
            self.find(FindingKind::Loss, &place, tail, None, damage.to_string())?;
        }
        for foreign in &scan.foreign {
            let reason =
                "bytes that are no record of this log; nothing is missing around them".to_owned();
            self.find(
                FindingKind::ForeignBytes,
                &place,
                foreign.clone(),
                None,
                reason,
            )?;
        }
        if let Some(tail) = &scan.tail
            && scan.ending.is_none()
            && scan.gaps.last().is_none_or(|gap| gap.bytes.end != tail.end)
        {
            let reason = "a write that was interrupted; it was never acknowledged".to_owned();
            self.find(FindingKind::TornWrite, &place, tail.clone(), None, reason)?;
        }
        Ok(scan)
    }

    /// Notes bytes that will be buried.
    fn find(
        &mut self,
        kind: FindingKind,
        place: &Place<'_>,
        range: Range<u64>,
        sequence: Option<Sequence>,
        reason: String,
    ) -> Result<(), OpenError> {
        let read = digest(place.file, range.clone());
        let (content, crc) =
            read.map_err(|error| io_error(format!("reading {}", place.name), error))?;
        let bytes = range.end - range.start;
        // The file may get another name, and another tail may be torn at the same place: neither makes the id.
        let (epoch, first, at) = (place.header.epoch, place.header.first(), range.start);
        let id = format!("{epoch}/{first}@{at}-{crc:08x}");
        let letter = DeadLetter {
            sequence,
            content_bytes: bytes,
            ..DeadLetter::new(id, reason.clone(), self.now, &content)
        };
        // A start that was interrupted has buried what was in this gap before it copied what is around it.
        let is_gap = sequence.is_some() && range.is_empty();
        let is_buried = is_gap && place.header.salvaged;
        let finding = Finding {
            kind,
            file: place.name.to_owned(),
            offset: range.start,
            bytes,
            reason,
        };
        self.found.push((finding, (!is_buried).then_some(letter)));
        Ok(())
    }

    /// Refuses damage, or notes it when the log is to be salvaged.
    pub(super) fn lose(
        &mut self,
        name: &str,
        offset: u64,
        damage: Damage,
    ) -> Result<(), OpenError> {
        if self.recovery == Recovery::Strict {
            return Err(damaged(name, offset, damage));
        }
        let reason = damage.to_string();
        let id = format!("{name}@{offset}: {reason}");
        let letter = DeadLetter::new(id, reason.clone(), self.now, &[]);
        let finding = Finding {
            kind: FindingKind::Loss,
            file: name.to_owned(),
            offset,
            bytes: 0,
            reason,
        };
        self.found.push((finding, Some(letter)));
        Ok(())
    }
}

/// The first bytes of a part of a file, as many as a letter keeps, and the CRC-32 of all of it, however large it is.
fn digest(file: &dyn DiskFile, part: Range<u64>) -> io::Result<(Vec<u8>, u32)> {
    let (mut kept, mut crc) = (Vec::new(), crc32fast::Hasher::new());
    let mut chunk = Vec::new();
    let mut at = part.start;
    while at < part.end {
        let bytes = (part.end - at).min(CONTENT_BYTES_MAX as u64);
        chunk.clear();
        read_onto(file, &mut chunk, at, bytes as usize)?;
        if chunk.is_empty() {
            break;
        }
        crc.update(&chunk);
        at += chunk.len() as u64;
        if kept.is_empty() {
            kept = mem::take(&mut chunk);
        }
    }
    Ok((kept, crc.finalize()))
}

fn damaged(name: &str, offset: u64, damage: Damage) -> OpenError {
    let file = name.to_owned();
    OpenError::Damaged {
        file,
        offset,
        damage,
    }
}
