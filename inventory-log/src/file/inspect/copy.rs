//! Backup and restore: writes what a directory has at one moment to another one.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use inventory_core::ports::{LoadError, Snapshot};
use inventory_core::vocabulary::{Epoch, Timestamp};

use super::view::{Part, View};
use crate::disk::{DiskFile, read_onto, write_all_at};
use crate::file::header::Header;
use crate::file::lines::Lines;
use crate::file::names::{ACTIVE, DEAD_LETTERS};
use crate::file::snapshot_file;

/// Bytes copied at once.
const CHUNK_BYTES: u64 = 1 << 20;

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Copied {
    /// The history that the copy belongs to.
    pub epoch: Epoch,
    /// Its size.
    pub bytes: u64,
}

/// Why nothing was copied that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// A snapshot is not what was written, or a newer program has written it. Nothing was copied: the other one and the log may
    /// have everything, which a start tells, and a copy of it would not.
    #[error("{file}, byte {offset}")]
    Snapshot {
        /// Which one.
        file: &'static str,
        /// Where.
        offset: u64,
        /// What is wrong with it.
        #[source]
        cause: LoadError,
    },
    /// The history was being given up for another one when its process ended. Nothing was copied: the next start finishes that.
    #[error(
        "a restart of its history was interrupted: start central on it once, which finishes it"
    )]
    Restarting,
    /// Storage failed. What is in the directory is not to be used.
    #[error("storage failed")]
    Io(#[from] io::Error),
}

/// Writes the log, the snapshots and the dead letters of a view to an empty directory, durably.
///
/// With `anew`, the time now, the copy is of a new epoch that names the old one: whoever followed the old history notices, and what it
/// had is the past of the new one. Indexes are left out, they are made when they are needed; so are segments that were set
/// aside.
///
/// The view must have no losses: a copy of damage would be damage.
///
/// # Errors
///
/// See [`CopyError`].
pub fn copy(
    view: &View,
    to: &Path,
    anew: Option<Timestamp>,
    progress: &mut dyn FnMut(u64),
) -> Result<Copied, CopyError> {
    debug_assert!(view.losses().next().is_none(), "a copy of damage");
    view.sync()?;
    let old = view.epoch();
    let epoch = anew.map_or(old, |now| old.successor(view.head().sequence, now));
    let mut copier = Copier {
        to,
        epoch,
        anew: anew.is_some(),
        bytes: 0,
        progress,
    };
    // First, since these can refuse.
    copier.snapshots(view)?;
    for (at, part) in view.parts.iter().enumerate() {
        let is_active = at + 1 == view.parts.len();
        copier.segment(part, is_active, old)?;
    }
    copier.dead_letters(view)?;
    File::open(to)?.sync_all()?;
    let bytes = copier.bytes;
    Ok(Copied { epoch, bytes })
}

struct Copier<'a> {
    to: &'a Path,
    epoch: Epoch,
    anew: bool,
    bytes: u64,
    progress: &'a mut dyn FnMut(u64),
}

impl Copier<'_> {
    fn segment(&mut self, part: &Part, is_active: bool, old: Epoch) -> io::Result<()> {
        let damaged = || io::Error::other(format!("{} has no header any more", part.name));
        let header = part.header.ok_or_else(damaged)?;
        let mut lines = Lines::sparing(0);
        let first = lines.next(&*part.file, part.end)?;
        let start = first.map(|piece| piece.end() + 1).ok_or_else(damaged)?;
        let name = match is_active {
            true => ACTIVE,
            false => &part.name,
        };
        let mut begin = Vec::new();
        let header = match (self.anew, is_active) {
            (false, _) => header,
            (true, false) => Header {
                epoch: self.epoch,
                ..header
            },
            (true, true) => Header {
                epoch: self.epoch,
                replaces: Some(old),
                ..header
            },
        };
        header.encode(&mut begin);
        let file = self.create(name)?;
        let mut at = self.write(&file, 0, &begin)?;
        let mut from = start;
        let mut chunk = Vec::new();
        while from < part.end {
            chunk.clear();
            read_onto(
                &*part.file,
                &mut chunk,
                from,
                (part.end - from).min(CHUNK_BYTES) as usize,
            )?;
            if chunk.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            from += chunk.len() as u64;
            at = self.write(&file, at, &chunk)?;
        }
        let mut ending = Vec::new();
        read_onto(&*part.file, &mut ending, part.end.saturating_sub(2), 2)?;
        if ending != b"\n\n" {
            // As a segment that was closed in good order.
            self.write(&file, at, b"\n")?;
        }
        file.sync_all()
    }

    fn snapshots(&mut self, view: &View) -> Result<(), CopyError> {
        for found in view.snapshots()? {
            let (file, offset) = (found.file, found.offset);
            let damaged = |cause| CopyError::Snapshot {
                file,
                offset,
                cause,
            };
            let snapshot = found.snapshot.map_err(damaged)?;
            if self.anew && snapshot.epoch != view.epoch() {
                return Err(CopyError::Restarting);
            }
            let file = self.create(found.file)?;
            let replaces = match self.anew {
                true => Some(snapshot.epoch),
                false => snapshot.replaces,
            };
            let epoch = match self.anew {
                true => self.epoch,
                false => snapshot.epoch,
            };
            let image = snapshot.image;
            let snapshot = Snapshot {
                epoch,
                replaces,
                image,
            };
            let bytes = snapshot_file::write(&file, &snapshot)?;
            self.count(bytes);
            file.sync_all()?;
        }
        Ok(())
    }

    fn dead_letters(&mut self, view: &View) -> io::Result<()> {
        let Some(from) = view.file(DEAD_LETTERS) else {
            return Ok(());
        };
        let size = from.size()?;
        let file = self.create(DEAD_LETTERS)?;
        let mut lines = Lines::from(0);
        let mut at = 0;
        while let Some(piece) = lines.next(from, size)? {
            // One that is not finished is being written now, or never was.
            if piece.ended {
                let line = [piece.bytes, b"\n"].concat();
                at = self.write(&file, at, &line)?;
            }
        }
        file.sync_all()
    }

    fn create(&self, name: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        options.open(self.to.join(name))
    }

    fn write(&mut self, file: &File, at: u64, bytes: &[u8]) -> io::Result<u64> {
        write_all_at(file, bytes, at)?;
        self.count(bytes.len() as u64);
        Ok(at + bytes.len() as u64)
    }

    fn count(&mut self, bytes: u64) {
        self.bytes += bytes;
        (self.progress)(self.bytes);
    }
}
