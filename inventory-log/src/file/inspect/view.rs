//! View of a directory: what it has at one moment.

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use inventory_core::engine::Recovery;
use inventory_core::machine::Head;
use inventory_core::ports::{LoadError, Snapshot, StorageError};
use inventory_core::vocabulary::{Epoch, Sequence, Timestamp};

use super::pinned::Pinned;
use super::record::Record;
use crate::codec::interner::Interner;
use crate::codec::record::{self, Line};
use crate::codec::snapshot::Fault;
use crate::disk::{Disk as _, DiskFile};
use crate::file::header::Header;
use crate::file::lines::Lines;
use crate::file::names::{ACTIVE, ACTIVE_TMP, SNAPSHOT, SNAPSHOT_OLDER, sealed_name, sidecar_name};
use crate::file::snapshot_file;
use crate::file::survey::{io_error, survey};
use crate::file::{Finding, FindingKind, OpenError};

/// How often a damaged directory is looked at before it changes no more. What is written meanwhile can look like damage.
const ATTEMPTS_MAX: usize = 100;

/// The snapshots, the newest first.
const SNAPSHOTS: &[&str] = &[SNAPSHOT, SNAPSHOT_OLDER];

/// How much of the log is read to see what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// As at a start: the active segment, and where the sealed ones begin and end. All of it when that is damaged.
    Ends,
    /// Every line.
    Everything,
}

/// A segment that is open.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) header: Option<Header>,
    pub(super) first: Sequence,
    pub(super) last: Sequence,
    /// Where what counts ends.
    pub(super) end: u64,
    pub(super) file: Arc<dyn DiskFile>,
}

/// A directory at one moment. Its files are open: nothing that happens to the directory changes what this shows.
#[derive(Debug)]
pub struct View {
    path: PathBuf,
    pinned: Pinned,
    in_use: bool,
    header: Header,
    head: Head,
    floor: Sequence,
    pub(super) parts: Vec<Part>,
    pub(super) findings: Vec<Finding>,
}

/// A segment and what it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SegmentSize {
    /// The name of its file.
    pub file: String,
    /// Its first position.
    pub first: Sequence,
    /// Bytes of it that count.
    pub bytes: u64,
}

/// A snapshot, if its file can be read.
#[derive(Debug)]
#[non_exhaustive]
pub struct SnapshotFile {
    /// The name of the file.
    pub file: &'static str,
    /// Its size.
    pub bytes: u64,
    /// What is in it.
    pub snapshot: Result<Snapshot, LoadError>,
    /// Where it is damaged, when it is.
    pub offset: u64,
}

impl View {
    /// Looks at a directory.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]: there is no log, it is of a newer format, or storage failed. Damage is among the findings.
    pub fn open(path: impl AsRef<Path>, depth: Depth) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let mut recovery = match depth {
            Depth::Ends => Recovery::Strict,
            Depth::Everything => Recovery::Quarantine,
        };
        let mut before = None;
        for _ in 0..ATTEMPTS_MAX {
            let view = match Self::survey(path, recovery) {
                Err(OpenError::Damaged { .. }) => {
                    recovery = Recovery::Quarantine;
                    continue;
                }
                view => view?,
            };
            // Pages that are written while others are read: what is really damaged is damaged the next time as well.
            let losses: Vec<Finding> = view.losses().cloned().collect();
            if losses.is_empty() || before.as_ref() == Some(&losses) {
                return Ok(view);
            }
            before = Some(losses);
        }
        let changing = "its files change faster than they can be read";
        Err(io_error(reading(path), io::Error::other(changing)))
    }

    fn survey(path: &Path, recovery: Recovery) -> Result<Self, OpenError> {
        let failed = |error| io_error(reading(path), error);
        let pinned = Pinned::open(path).map_err(failed)?;
        let in_use = pinned.is_locked().map_err(failed)?;
        let (survey, found) = survey(&pinned, recovery, Timestamp::default())?;
        let findings: Vec<Finding> = found.into_iter().map(|(finding, _)| finding).collect();
        let has = |name| pinned.file(name).is_some();
        let active = match (has(ACTIVE), has(ACTIVE_TMP)) {
            (true, _) => Some(ACTIVE),
            // Sealing or restarting was interrupted: the next start goes on with it.
            (false, true) if survey.end > 0 => Some(ACTIVE_TMP),
            (false, _) => None,
        };
        if active.is_none() && findings.is_empty() {
            let nothing = StorageError::new(reading(path), "there is no log in it");
            return Err(OpenError::Io(nothing));
        }
        let open = |name: &str| -> Result<Arc<dyn DiskFile>, OpenError> {
            let opened = pinned.open(name);
            Ok(Arc::from(opened.map_err(|error| {
                io_error(format!("opening {name}"), error)
            })?))
        };
        let mut parts = Vec::new();
        for sealed in &survey.sealed {
            let name = sealed_name(sealed.first);
            let file = open(&name)?;
            parts.push(Part {
                header: header(&*file).map_err(failed)?,
                first: sealed.first,
                last: sealed.last,
                end: sealed.end,
                file,
                name,
            });
        }
        if let Some(name) = active {
            let file = open(name)?;
            parts.push(Part {
                header: header(&*file).map_err(failed)?,
                first: survey.header.first(),
                last: survey.head.sequence,
                end: survey.end,
                file,
                name: name.to_owned(),
            });
        }
        Ok(Self {
            path: path.to_owned(),
            in_use,
            header: survey.header,
            head: survey.head,
            floor: survey.floor,
            parts,
            findings,
            pinned,
        })
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether somebody had the directory locked: a running central, usually.
    pub fn in_use(&self) -> bool {
        self.in_use
    }

    /// The history.
    pub fn epoch(&self) -> Epoch {
        self.header.epoch
    }

    /// The history that was given up for this one, as far as the active segment tells.
    pub fn replaces(&self) -> Option<Epoch> {
        self.header.replaces
    }

    /// The end of the log.
    pub fn head(&self) -> Head {
        self.head
    }

    /// The position before the oldest one that is kept.
    pub fn floor(&self) -> Sequence {
        self.floor
    }

    /// What a start would say of the log.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Those of the findings that are acknowledged data which is gone.
    pub fn losses(&self) -> impl Iterator<Item = &Finding> {
        let lost = |finding: &&Finding| finding.kind == FindingKind::Loss;
        self.findings.iter().filter(lost)
    }

    /// The segments, the oldest first.
    pub fn segments(&self) -> impl Iterator<Item = SegmentSize> {
        self.parts.iter().map(|part| SegmentSize {
            file: part.name.clone(),
            first: part.first,
            bytes: part.end,
        })
    }

    /// The snapshots that are there, the newest first. Each is read as a whole.
    ///
    /// # Errors
    ///
    /// Storage failed.
    pub fn snapshots(&self) -> io::Result<Vec<SnapshotFile>> {
        let there = SNAPSHOTS.iter().filter_map(|&name| {
            let file = self.pinned.file(name)?;
            Some(read_snapshot(name, file))
        });
        there.collect()
    }

    /// What a file of the directory has: the dead letters, an index, a snapshot.
    pub(super) fn file(&self, name: &str) -> Option<&File> {
        self.pinned.file(name)
    }

    /// The index of a sealed segment.
    pub(super) fn index(&self, part: &Part) -> Option<(String, &File)> {
        let name = sidecar_name(part.first);
        let file = self.pinned.file(&name)?;
        Some((name, file)).filter(|_| part.name == sealed_name(part.first))
    }

    /// Makes what this shows of the log durable, if it is not yet. Nothing is written that somebody else has not written.
    ///
    /// # Errors
    ///
    /// The disk fails.
    pub fn sync(&self) -> io::Result<()> {
        self.parts
            .last()
            .map_or(Ok(()), |part| part.file.sync_data())
    }

    /// Goes through the records after a position, those of segments that end before `from` left out.
    ///
    /// # Errors
    ///
    /// Storage failed.
    pub fn each_record(
        &self,
        after: Sequence,
        from: Timestamp,
        each: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> io::Result<()> {
        let mut ids = Interner::default();
        let mut next = after.next();
        for (at, part) in self.parts.iter().enumerate() {
            let behind = self.parts.get(at + 1).and_then(|part| part.header);
            let too_early = behind.is_some_and(|header| header.before.recorded_at < from);
            if part.last < next || too_early {
                continue;
            }
            let mut lines = Lines::from(0);
            while let Some(piece) = lines.next(&*part.file, part.end)? {
                // A piece that is no record is the header, or among the findings.
                let line = Line::parse(piece.bytes).filter(|line| line.last >= next);
                let Some(line) = line else {
                    continue;
                };
                next = line.last.next();
                let flow = each(Record {
                    file: &part.name,
                    offset: piece.offset,
                    text: line.text,
                    entry: record::decode(line.text, &mut ids),
                });
                if flow.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// The header of a segment, when its first line is one.
pub(super) fn header(file: &dyn DiskFile) -> io::Result<Option<Header>> {
    let mut lines = Lines::sparing(0);
    let first = lines.next(file, file.size()?)?;
    let first = first.filter(|piece| piece.offset == 0 && piece.ended);
    Ok(first.and_then(|piece| Header::decode(piece.bytes).ok()))
}

fn read_snapshot(name: &'static str, file: &File) -> io::Result<SnapshotFile> {
    let mut offset = 0;
    let snapshot = match snapshot_file::read(file) {
        Ok(snapshot) => Ok(snapshot),
        Err(Fault::Io(error)) => return Err(error),
        Err(Fault::Newer { found, known }) => Err(LoadError::NewerFormat { found, known }),
        Err(Fault::Damaged { offset: at, what }) => {
            offset = at;
            Err(LoadError::Damaged { cause: what.into() })
        }
    };
    Ok(SnapshotFile {
        file: name,
        bytes: file.size()?,
        snapshot,
        offset,
    })
}

fn reading(path: &Path) -> String {
    format!("reading the directory {}", path.display())
}
