//! Recovery of a directory: surveys everything, then changes what has to be changed.
//!
//! ```text
//!  survey ── reads only ──▶ Survey, or OpenError: nothing was changed
//!  carry out: remove leftovers ▶ finish an interrupted step ▶ write the last group again
//!  settle, by the log, now or when there is room: bury what is no good ▶ seal the segment that ends in it
//! ```
//!
//! Every change leaves a directory that a later survey understands, so an interruption is repeated, not repaired.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use inventory_core::defect;
use inventory_core::engine::Recovery;
use inventory_core::ports::DeadLetter;
use inventory_core::vocabulary::Timestamp;

use super::FileDeadLetters;
use super::error::OpenError;
use super::finding::{Finding, FindingKind};
use super::header::Header;
use super::log::{Next, Opened, Unsettled};
use super::names::{ACTIVE, ACTIVE_TMP};
use super::restart::set_sealed_aside;
use super::segment::{Active, Layout, create_segment, trim};
use super::survey::{Plan, Survey, io_error, survey};
use crate::disk::{
    Directory, Disk, DiskFile, read_onto, rename_durably, write_again, write_all_at,
};

/// Opens the log of a directory that is locked. What is to be buried of it is among what was opened, when there is time for
/// that until the next append.
pub(super) fn recover(
    directory: &Directory,
    letters: &mut FileDeadLetters,
    recovery: Recovery,
    now: Timestamp,
) -> Result<(Opened, Vec<Finding>), OpenError> {
    let (mut survey, found) = survey(&**directory.disk(), recovery, now)?;
    let (findings, buried): (Vec<Finding>, Vec<Option<DeadLetter>>) = found.into_iter().unzip();
    let buried = buried.into_iter().flatten().collect();
    // Where a sealed segment is damaged shows only when it is read: who salvages must then get what follows.
    let gaps = recovery == Recovery::Quarantine;
    // What is copied looks healthy to the next start, should the history not be given up before that.
    let is_lost = |found: &Finding| found.kind == FindingKind::Loss;
    survey.header.salvaged |= findings.iter().any(is_lost);
    let opened = carry_out(directory, survey, letters, buried, gaps)?;
    Ok((opened, findings))
}

fn carry_out(
    directory: &Directory,
    survey: Survey,
    letters: &mut FileDeadLetters,
    buried: Vec<DeadLetter>,
    gaps: bool,
) -> Result<Opened, OpenError> {
    let disk = &**directory.disk();
    // First, since a full disk has room then.
    for name in &survey.leftovers {
        match disk.remove(name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(io_error(format!("removing {name}"), error));
            }
            Ok(()) | Err(_) => {}
        }
    }
    let unsettled = match &survey.plan {
        Plan::Keep(_) => Unsettled::letters(buried),
        Plan::Settle { must_seal, .. } => Unsettled {
            next: match must_seal {
                true => Next::Must,
                false => Next::IfThereIsRoom,
            },
            replaces: survey.header.replaces,
            ..Unsettled::letters(buried)
        },
        Plan::Promote { .. } | Plan::Copy { .. } | Plan::Create => {
            letters.bury_now(&buried).map_err(OpenError::Io)?;
            Unsettled::letters(Vec::new())
        }
    };
    let writing = |error| io_error(format!("writing {ACTIVE}"), error);
    let (file, end) = enter(disk, &survey).map_err(writing)?;
    if let Some((name, end)) = &survey.untrimmed {
        let trimming = |error| io_error(format!("trimming {name}"), error);
        let sealed = disk.open(name).map_err(trimming)?;
        trim(&*sealed, *end).map_err(trimming)?;
    }
    let size = file.size().map_err(writing)?;
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
            renaming: false,
            overtaken: false,
        },
        size,
        whole: !survey.header.salvaged,
        unsettled,
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
        Plan::Settle {
            file, last_group, ..
        } => {
            write_again(&**file, last_group.clone())?;
            file.sync_data()?;
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
