//! Survey of sealed segments: each must lead to the next.

use std::io;

use inventory_core::engine::Recovery;
use inventory_core::machine::Head;
use inventory_core::vocabulary::Sequence;

use super::{Surveyor, io_error};
use crate::codec::record::Line;
use crate::disk::{DiskFile, read_onto};
use crate::file::error::{Damage, OpenError};
use crate::file::header::Header;
use crate::file::names::sealed_name;
use crate::file::scan::scan;
use crate::file::segment::Sealed;

impl Surveyor<'_> {
    /// Checks that each sealed segment leads to the next, and the last one to the active segment.
    pub(super) fn survey_sealed(
        &mut self,
        firsts: &[Sequence],
        active: &Header,
    ) -> Result<Vec<Sealed>, OpenError> {
        let mut sealed = Vec::new();
        let mut headers = Vec::new();
        for &first in firsts {
            let name = sealed_name(first);
            let file = self.open(&name)?;
            let header = match self.read_header(&name, &*file)? {
                Some((header, _)) if header.first() != first || header.epoch != active.epoch => {
                    self.lose(&name, 0, Damage::Misplaced)?;
                    None
                }
                Some((header, start)) => Some((header, start)),
                None => {
                    self.lose(&name, 0, Damage::Header)?;
                    None
                }
            };
            headers.push((name, file, first, header));
        }
        let nexts = headers
            .iter()
            .skip(1)
            .map(|(_, _, first, header)| (*first, header.map(|(header, _)| header)));
        let nexts: Vec<_> = nexts.chain([(active.first(), Some(*active))]).collect();
        let newest = firsts.last().copied();
        for ((name, file, first, header), (next, next_header)) in headers.into_iter().zip(nexts) {
            let size = file
                .size()
                .map_err(|error| io_error(format!("reading {name}"), error))?;
            let mut untrimmed = None;
            if let Some((header, start)) = &header
                && newest == Some(first)
            {
                let follows = active.before;
                if ends_trimmed(&name, &*file, follows)? {
                    self.trimmed = Some((name.clone(), size - 1));
                } else {
                    untrimmed = untrimmed_end(&name, &*file, (header, *start), follows)?;
                }
            }
            if let Some(end) = untrimmed {
                self.untrimmed = Some((name, end));
            } else if let Some((header, start)) = header {
                let follows = next_header.map(|next| next.before);
                self.survey_end(&name, &*file, (&header, start), next, follows)?;
            }
            sealed.push(Sealed {
                first,
                last: Sequence::new(next.number().saturating_sub(1)),
                end: untrimmed.unwrap_or(size),
            });
        }
        Ok(sealed)
    }

    /// Checks that a sealed segment ends where the next one starts. Its last line tells; all of it is read only when that
    /// is not what it should be, or when the log is to be salvaged.
    fn survey_end(
        &mut self,
        name: &str,
        file: &dyn DiskFile,
        (header, start): (&Header, u64),
        next: Sequence,
        follows: Option<Head>,
    ) -> Result<(), OpenError> {
        let reading = |error| io_error(format!("reading {name}"), error);
        let last = last_line_head(file).map_err(reading)?;
        let leads = |last: Head| {
            last.sequence.next() == next && follows.is_none_or(|follows| follows == last)
        };
        if self.recovery == Recovery::Strict && last.is_some_and(leads) {
            return Ok(());
        }
        let scan = self.scan(name, file, header, start)?;
        let (end, after) = (scan.end(), scan.head.sequence);
        if after.next() < next {
            let through = Sequence::new(next.number() - 1);
            let from = after.next();
            self.lose(name, end, Damage::Missing { from, through })?;
        } else if after.next() > next || follows.is_some_and(|follows| follows != scan.head) {
            self.lose(name, end, Damage::Misplaced)?;
        }
        Ok(())
    }
}

/// Whether a sealed segment ends with what the next one follows, and nothing else, as far as can be read.
fn ends_trimmed(name: &str, file: &dyn DiskFile, follows: Head) -> Result<bool, OpenError> {
    let last = last_line_head(file);
    let last = last.map_err(|error| io_error(format!("reading {name}"), error))?;
    Ok(last == Some(follows))
}

/// Where the last record of the newest sealed segment ends, when the process that sealed it ended before it was trimmed: it
/// has all that the next one follows, and behind that whatever a segment in use has. What was no good of that is buried
/// already.
fn untrimmed_end(
    name: &str,
    file: &dyn DiskFile,
    (header, start): (&Header, u64),
    follows: Head,
) -> Result<Option<u64>, OpenError> {
    let scan = scan(file, header, start, false);
    let scan = scan.map_err(|error| io_error(format!("reading {name}"), error))?;
    let whole = scan.head == follows && scan.gaps.is_empty();
    Ok(whole.then(|| scan.end()))
}

/// The head after the last line of a file that was closed in good order.
fn last_line_head(file: &dyn DiskFile) -> io::Result<Option<Head>> {
    let size = file.size()?;
    let mut bytes: u64 = 64 * 1024;
    loop {
        let from = size.saturating_sub(bytes);
        let mut tail = Vec::new();
        read_onto(file, &mut tail, from, (size - from) as usize)?;
        let Some(lines) = tail.strip_suffix(b"\n\n") else {
            return Ok(None);
        };
        match memchr::memrchr(b'\n', lines) {
            Some(newline) => {
                let line = Line::parse(&lines[newline + 1..]);
                return Ok(line.and_then(|line| line.head()));
            }
            None if from == 0 => return Ok(None),
            None => bytes *= 8,
        }
    }
}
