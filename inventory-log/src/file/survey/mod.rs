//! Survey of a directory before a start: decides what has to be done, and changes nothing.

mod found;
mod headers;
mod sealed;

use std::io;
use std::ops::Range;
use std::sync::Arc;

use inventory_core::defect;
use inventory_core::engine::Recovery;
use inventory_core::machine::Head;
use inventory_core::ports::{DeadLetter, StorageError};
use inventory_core::vocabulary::{Epoch, Sequence, Timestamp};

use super::error::{Damage, OpenError};
use super::finding::Finding;
use super::header::Header;
use super::names::{
    ACTIVE, ACTIVE_TMP, SNAPSHOT, SNAPSHOT_OLDER, SNAPSHOT_TMP, is_aside, is_stray_sidecar,
    sealed_first,
};
use super::scan::scan;
use super::segment::Sealed;
use crate::disk::{Disk, DiskFile};

/// What has to become of the active segment.
#[derive(Debug)]
pub(super) enum Plan {
    /// It was closed in good order: it goes on as it is.
    Keep(Arc<dyn DiskFile>),
    /// It was in use: what the last append wrote may be readable and not on the disk, so it is written again where it stands.
    /// Then the segment is sealed, which it must be when it ends in what does not count.
    Settle {
        file: Arc<dyn DiskFile>,
        last_group: Range<u64>,
        must_seal: bool,
    },
    /// A segment that was written aside takes its place; before that, sealed segments of a replaced epoch are set aside.
    Promote {
        file: Arc<dyn DiskFile>,
        replaces: Option<Epoch>,
    },
    /// It is damaged, and to be salvaged: what counts of it is copied under a header.
    Copy {
        file: Arc<dyn DiskFile>,
        kept: Vec<Range<u64>>,
    },
    /// There is none yet.
    Create,
}

/// A directory that was looked at.
#[derive(Debug)]
pub(super) struct Survey {
    /// Header of the active segment.
    pub(super) header: Header,
    pub(super) head: Head,
    pub(super) sealed: Vec<Sealed>,
    pub(super) floor: Sequence,
    pub(super) plan: Plan,
    /// Where the last record of the active segment ends, if the segment is kept.
    pub(super) end: u64,
    /// The newest sealed segment, and where its last record ends, when what follows that may still be on the disk: its
    /// process ended before it was cut off, or before anything was appended, which tells that the cut is durable.
    pub(super) untrimmed: Option<(String, u64)>,
    /// Files that an interrupted step has left behind, and indexes of segments that are not there.
    pub(super) leftovers: Vec<String>,
}

/// What was found, and what of it has to be buried, unless that was done by a start that was interrupted.
pub(super) type Found = (Finding, Option<DeadLetter>);

/// Looks at a directory. Also returns what was found.
pub(super) fn survey(
    disk: &dyn Disk,
    recovery: Recovery,
    now: Timestamp,
) -> Result<(Survey, Vec<Found>), OpenError> {
    let mut surveyor = Surveyor {
        disk,
        recovery,
        now,
        found: Vec::new(),
        untrimmed: None,
        trimmed: None,
    };
    let survey = surveyor.survey()?;
    Ok((survey, surveyor.found))
}

struct Surveyor<'a> {
    disk: &'a dyn Disk,
    recovery: Recovery,
    now: Timestamp,
    found: Vec<Found>,
    untrimmed: Option<(String, u64)>,
    /// The newest sealed segment, when nothing that can be read follows its last record, and where that ends.
    trimmed: Option<(String, u64)>,
}

impl Surveyor<'_> {
    fn survey(&mut self) -> Result<Survey, OpenError> {
        let names = self
            .disk
            .list()
            .map_err(|error| io_error("listing the directory", error))?;
        let has = |name: &str| names.iter().any(|other| other == name);
        let mut firsts: Vec<Sequence> =
            names.iter().filter_map(|name| sealed_first(name)).collect();
        firsts.sort();
        let survey = if has(ACTIVE) {
            self.survey_active(&firsts)?
        } else {
            let evidence = !firsts.is_empty()
                || has(SNAPSHOT)
                || has(SNAPSHOT_OLDER)
                || names.iter().any(|name| is_aside(name));
            self.survey_without_active(&firsts, has(ACTIVE_TMP), evidence)?
        };
        let has_records = survey.head != survey.header.before;
        let trimmed = self.trimmed.take();
        let trimmed = trimmed.filter(|_| !has_records && !defect!(FoundCutNotSynced));
        let sealed = || survey.sealed.iter().map(|sealed| sealed.first);
        let promoted = matches!(survey.plan, Plan::Promote { .. });
        let is_left = |name: &&String| {
            *name == SNAPSHOT_TMP
                || (*name == ACTIVE_TMP && !promoted)
                || is_stray_sidecar(name, sealed())
        };
        Ok(Survey {
            leftovers: names.iter().filter(is_left).cloned().collect(),
            untrimmed: self.untrimmed.take().or(trimmed),
            ..survey
        })
    }

    /// The usual case: sealed segments, then the active one.
    fn survey_active(&mut self, firsts: &[Sequence]) -> Result<Survey, OpenError> {
        let file = self.open(ACTIVE)?;
        let (header, start) = match self.read_header(ACTIVE, &*file)? {
            Some((header, start)) => {
                let sealed_before = firsts.last().is_none_or(|&first| first < header.first());
                if !sealed_before {
                    self.lose(ACTIVE, 0, Damage::Misplaced)?;
                }
                (header, start)
            }
            None => {
                self.lose(ACTIVE, 0, Damage::Header)?;
                (self.guess_header(&*file, firsts)?, 0)
            }
        };
        let sealed = self.survey_sealed(firsts, &header)?;
        let scan = self.scan(ACTIVE, &*file, &header, start)?;
        let mut end = scan.end();
        let plan = match &scan.tail {
            _ if start == 0 || !scan.gaps.is_empty() || scan.ending.is_some() => {
                let kept = scan.kept.iter();
                let kept = kept.map(|range| range.start.max(start)..range.end);
                let kept = kept.collect();
                Plan::Copy { file, kept }
            }
            None if scan.clean || defect!(LastGroupNotWrittenAgain) => Plan::Keep(file),
            Some(tail) if defect!(TornTailNotCut) => {
                end = tail.end;
                Plan::Keep(file)
            }
            tail => Plan::Settle {
                file,
                last_group: scan.last_group.clone(),
                must_seal: tail.is_some(),
            },
        };
        Ok(Survey {
            header,
            head: scan.head,
            floor: floor(&sealed, &header),
            sealed,
            plan,
            end,
            untrimmed: None,
            leftovers: Vec::new(),
        })
    }

    /// A directory that is new, or whose last program was interrupted between two renames, or that has lost a file.
    fn survey_without_active(
        &mut self,
        firsts: &[Sequence],
        has_tmp: bool,
        evidence: bool,
    ) -> Result<Survey, OpenError> {
        // In a directory that is otherwise empty the segment was being created: it can be read, and may not be on the
        // disk. Where there is more, it was made durable before the active one was renamed.
        if has_tmp && evidence {
            let file = self.open(ACTIVE_TMP)?;
            if let Some((header, end)) = self.read_header(ACTIVE_TMP, &*file)? {
                let written = scan(&*file, &header, end, false)
                    .map_err(|error| io_error("reading the log", error))?;
                if written.clean && written.end() == end {
                    return self.survey_promotion(firsts, file, header, end);
                }
            }
        }
        let mut header = Header {
            epoch: self.likely_epoch()?,
            before: Head::default(),
            replaces: None,
            salvaged: false,
        };
        let mut sealed = Vec::new();
        if evidence {
            self.lose(ACTIVE, 0, Damage::NoFile)?;
            if let Some(&last) = firsts.last() {
                header = self.header_after(last)?.unwrap_or(header);
                sealed = self.survey_sealed(firsts, &header)?;
            }
        }
        Ok(Survey {
            header,
            head: header.before,
            floor: floor(&sealed, &header),
            sealed,
            plan: Plan::Create,
            end: 0,
            untrimmed: None,
            leftovers: Vec::new(),
        })
    }

    /// Sealing or restarting was interrupted after the active segment was renamed.
    fn survey_promotion(
        &mut self,
        firsts: &[Sequence],
        file: Arc<dyn DiskFile>,
        header: Header,
        end: u64,
    ) -> Result<Survey, OpenError> {
        let sealed = match header.replaces {
            Some(_) => Vec::new(),
            None => self.survey_sealed(firsts, &header)?,
        };
        Ok(Survey {
            header,
            head: header.before,
            floor: floor(&sealed, &header),
            sealed,
            plan: Plan::Promote {
                file,
                replaces: header.replaces,
            },
            end,
            untrimmed: None,
            leftovers: Vec::new(),
        })
    }
}

fn floor(sealed: &[Sealed], active: &Header) -> Sequence {
    let before_sealed = sealed
        .first()
        .map(|oldest| Sequence::new(oldest.first.number().saturating_sub(1)));
    before_sealed.unwrap_or(active.before.sequence)
}

pub(super) fn io_error(operation: impl Into<String>, error: io::Error) -> OpenError {
    OpenError::Io(StorageError::new(operation, error))
}
