//! Opens a directory: looks at everything, then changes what has to be changed.
//!
//! ```text
//!  survey ── reads only ──▶ Survey, or OpenError: nothing was changed
//!  carry out: bury what is no good ▶ finish an interrupted step ▶ copy the active segment ▶ remove leftovers
//! ```
//!
//! Every change leaves a directory that a later survey understands, so an interruption is repeated, not repaired.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use inventory_core::defect;
use inventory_core::engine::Recovery;
use inventory_core::ports::{DeadLetter, DeadLetters};
use inventory_core::vocabulary::Timestamp;

use super::FileDeadLetters;
use super::directory::{ACTIVE, ACTIVE_TMP, Directory};
use super::disk::{Disk, DiskFile, read_onto, rename_durably, write_all_at};
use super::error::OpenError;
use super::finding::{Finding, FindingKind};
use super::header::Header;
use super::log::Opened;
use super::restart::set_sealed_aside;
use super::segment::{Active, Layout, create_segment};
use super::survey::{Plan, Survey, io_error, survey};

/// Opens the log of a directory that is locked.
pub(super) fn recover(
    directory: &Directory,
    recovery: Recovery,
    now: Timestamp,
) -> Result<(Opened, Vec<Finding>), OpenError> {
    let (survey, found) = survey(&*directory.disk, recovery, now)?;
    // Where a sealed segment is damaged shows only when it is read: who salvages must then get what follows.
    let gaps = recovery == Recovery::Quarantine;
    let mut opened = carry_out(directory, survey, &found, gaps)?;
    let lost = |(finding, _): &(Finding, DeadLetter)| finding.kind == FindingKind::Loss;
    opened.whole = !found.iter().any(lost);
    Ok((
        opened,
        found.into_iter().map(|(finding, _)| finding).collect(),
    ))
}

fn carry_out(
    directory: &Directory,
    survey: Survey,
    found: &[(Finding, DeadLetter)],
    gaps: bool,
) -> Result<Opened, OpenError> {
    let mut letters = FileDeadLetters::new(directory.clone());
    let mut bury = || {
        found
            .iter()
            .try_for_each(|(_, letter)| letters.bury(letter))
    };
    if !defect!(LetterAfterCut) {
        bury().map_err(OpenError::Io)?;
    }
    let disk = &*directory.disk;
    let (file, end) =
        enter(disk, &survey).map_err(|error| io_error(format!("writing {ACTIVE}"), error))?;
    if defect!(LetterAfterCut) {
        bury().map_err(OpenError::Io)?;
    }
    for name in survey.leftovers {
        match disk.remove(&name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(io_error(format!("removing {name}"), error));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(Opened {
        epoch: survey.header.epoch,
        head: survey.head,
        layout: Layout {
            floor: survey.floor,
            sealed: survey.sealed,
            active: Active {
                file,
                first: survey.header.first(),
                last: survey.head.sequence,
                end,
            },
            gaps,
            generation: 0,
        },
        size: end + 1,
        whole: true,
    })
}

/// Makes the active segment what it should be, durably, and says where its last record ends.
fn enter(disk: &dyn Disk, survey: &Survey) -> io::Result<(Arc<dyn DiskFile>, u64)> {
    match &survey.plan {
        Plan::Keep(file) => {
            // A snapshot may have been renamed and not synced: the log must not be purged on the strength of it.
            if !defect!(FoundRenameNotSynced) {
                disk.sync_dir()?;
            }
            Ok((Arc::clone(file), survey.end))
        }
        Plan::Promote { file, replaces } => {
            if let Some(epoch) = replaces {
                set_sealed_aside(disk, *epoch)?;
            }
            rename_durably(disk, ACTIVE_TMP, ACTIVE)?;
            Ok((Arc::clone(file), survey.end))
        }
        Plan::Copy { file, kept } => {
            let copy = copy(disk, &**file, &survey.header, kept)?;
            rename_durably(disk, ACTIVE_TMP, ACTIVE)?;
            Ok(copy)
        }
        Plan::Create => {
            let created = create_segment(disk, ACTIVE_TMP, &survey.header)?;
            rename_durably(disk, ACTIVE_TMP, ACTIVE)?;
            Ok(created)
        }
    }
}

/// Writes a segment with a header and parts of another one, and makes its content durable.
fn copy(
    disk: &dyn Disk,
    from: &dyn DiskFile,
    header: &Header,
    kept: &[Range<u64>],
) -> io::Result<(Arc<dyn DiskFile>, u64)> {
    /// Bytes copied at once.
    const CHUNK_BYTES: u64 = 1 << 20;

    let mut buffer = Vec::new();
    header.encode(&mut buffer);
    let to = disk.create(ACTIVE_TMP)?;
    let mut end = 0;
    for range in kept {
        let mut at = range.start;
        while at < range.end {
            let bytes = (range.end - at).min(CHUNK_BYTES);
            let before = buffer.len() as u64;
            read_onto(from, &mut buffer, at, bytes as usize)?;
            if buffer.len() as u64 != before + bytes {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            write_all_at(&*to, &buffer, end)?;
            end += buffer.len() as u64;
            at += bytes;
            buffer.clear();
        }
    }
    buffer.push(b'\n');
    write_all_at(&*to, &buffer, end)?;
    to.sync_data()?;
    // With no record at all, the header was still in the buffer.
    let end = end + buffer.len() as u64 - 1;
    Ok((Arc::from(to), end))
}
