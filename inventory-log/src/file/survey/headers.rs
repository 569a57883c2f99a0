//! Headers of segments: read, or rebuilt when they are lost.

use std::sync::Arc;

use inventory_core::machine::Head;
use inventory_core::vocabulary::{Epoch, Sequence};

use super::{Surveyor, io_error};
use crate::codec::format::FORMAT;
use crate::codec::record::Line;
use crate::disk::DiskFile;
use crate::file::error::OpenError;
use crate::file::header::{Header, InvalidHeader};
use crate::file::lines::Lines;
use crate::file::names::{ACTIVE, SNAPSHOT, SNAPSHOT_OLDER, sealed_name};
use crate::file::scan::scan;
use crate::file::snapshot_file;

impl Surveyor<'_> {
    pub(super) fn open(&self, name: &str) -> Result<Arc<dyn DiskFile>, OpenError> {
        let opened = self
            .disk
            .open(name)
            .map_err(|error| io_error(format!("opening {name}"), error))?;
        Ok(Arc::from(opened))
    }

    /// The header of a segment and where it ends; `None` when the first line is none.
    pub(super) fn read_header(
        &self,
        name: &str,
        file: &dyn DiskFile,
    ) -> Result<Option<(Header, u64)>, OpenError> {
        let reading = |error| io_error(format!("reading {name}"), error);
        let size = file.size().map_err(reading)?;
        let mut lines = Lines::from(0);
        let first = lines.next(file, size).map_err(reading)?;
        let Some(first) = first.filter(|first| first.offset == 0) else {
            return Ok(None);
        };
        match Header::decode(first.bytes) {
            Ok(header) if first.ended => Ok(Some((header, first.end() + 1))),
            Ok(_) | Err(InvalidHeader::Damaged) => Ok(None),
            Err(InvalidHeader::Newer { found }) => Err(OpenError::NewerFormat {
                file: name.to_owned(),
                found,
                known: FORMAT,
            }),
        }
    }

    /// The header that a segment should have, as far as the sealed ones or its own records tell.
    pub(super) fn guess_header(
        &mut self,
        file: &dyn DiskFile,
        firsts: &[Sequence],
    ) -> Result<Header, OpenError> {
        if let Some(&last) = firsts.last()
            && let Some(header) = self.header_after(last)?
        {
            return Ok(header);
        }
        let reading = |error| io_error(format!("reading {ACTIVE}"), error);
        let size = file.size().map_err(reading)?;
        let mut lines = Lines::from(0);
        let mut before = Head::default();
        while let Some(piece) = lines.next(file, size).map_err(reading)? {
            if let Some(line) = Line::parse(piece.bytes) {
                before.sequence = Sequence::new(line.first.number() - 1);
                break;
            }
        }
        Ok(Header {
            epoch: self.likely_epoch()?,
            before,
            replaces: None,
            salvaged: false,
        })
    }

    /// The history of the snapshot, which would be a stranger's otherwise; a new one without a snapshot.
    pub(super) fn likely_epoch(&self) -> Result<Epoch, OpenError> {
        let snapshots = [SNAPSHOT, SNAPSHOT_OLDER].into_iter();
        let mut readable = snapshots.filter_map(|name| {
            let file = self.disk.open(name).ok()?;
            snapshot_file::read(&*file).ok()
        });
        match readable.next() {
            Some(snapshot) => Ok(snapshot.epoch),
            None => self.draw_epoch(),
        }
    }

    /// The header of a segment that follows the sealed one, as far as that one can be read.
    pub(super) fn header_after(&self, sealed: Sequence) -> Result<Option<Header>, OpenError> {
        let name = sealed_name(sealed);
        let file = self.open(&name)?;
        let Some((header, start)) = self.read_header(&name, &*file)? else {
            return Ok(None);
        };
        let scanned = scan(&*file, &header, start, true)
            .map_err(|error| io_error(format!("reading {name}"), error))?;
        Ok(Some(Header {
            before: scanned.head,
            replaces: None,
            ..header
        }))
    }

    /// A history of its own.
    pub(super) fn draw_epoch(&self) -> Result<Epoch, OpenError> {
        let bits = self.disk.random();
        let bits = bits.map_err(|error| io_error("drawing an epoch", error))?;
        Ok(Epoch::from_random(bits))
    }
}
