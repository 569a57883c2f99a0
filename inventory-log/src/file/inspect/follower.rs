//! Tail of a log: continues to read the log of a directory that another process may be writing to.

use std::fs::{self, File};
use std::io;
use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use inventory_core::vocabulary::{Epoch, Sequence};

use super::record::Record;
use super::view::header;
use crate::codec::interner::Interner;
use crate::codec::record::{self, Line};
use crate::disk::DiskFile as _;
use crate::file::lines::Lines;
use crate::file::names::{ACTIVE, sealed_first, sealed_name};

/// A place in the log from which it is read on and on.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    epoch: Epoch,
    next: Sequence,
    open: Option<Open>,
    ids: Interner,
}

/// The segment that is read.
#[derive(Debug)]
struct Open {
    name: String,
    file: File,
    /// Where the next record starts.
    end: u64,
    lines: Lines,
}

/// What a look at the log has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    /// Its end. There may be more at any time.
    End,
    /// Another history: this one was given up.
    OtherHistory,
    /// The position that comes next was given up.
    Purged,
}

impl Follower {
    /// Goes on after a position of a history.
    pub fn new(path: impl AsRef<Path>, epoch: Epoch, after: Sequence) -> Self {
        Self {
            path: path.as_ref().to_owned(),
            epoch,
            next: after.next(),
            open: None,
            ids: Interner::default(),
        }
    }

    /// Shows every record that has come since the last look; all of them are durable.
    ///
    /// # Errors
    ///
    /// Storage failed.
    pub fn look(
        &mut self,
        each: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> io::Result<Followed> {
        // The segment that was read last, and the position that it does not have.
        let mut passed = None;
        loop {
            if self.open.is_none() {
                match self.enter()? {
                    None => {}
                    Some(followed) => return Ok(followed),
                }
            }
            // In this order: what is written before a segment is renamed is read before the next one is entered.
            let is_active = self.is_active()?;
            let flow = self.drain(each)?;
            if is_active || flow.is_break() {
                return Ok(Followed::End);
            }
            let place = self.open.take().map(|open| (open.name, self.next));
            if place == passed {
                let what = format!("position {} is missing", self.next);
                return Err(io::Error::other(what));
            }
            passed = place;
        }
    }

    /// Opens the segment that has, or will have, the next position. Says when there is none.
    fn enter(&mut self) -> io::Result<Option<Followed>> {
        let mut firsts = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let name = entry?.file_name().into_string();
            firsts.extend(name.ok().and_then(|name| sealed_first(&name)));
        }
        firsts.sort();
        let mut names = vec![ACTIVE.to_owned()];
        let sealed = firsts.iter().rev().find(|&&first| first <= self.next);
        names.extend(sealed.map(|&first| sealed_name(first)));
        for name in names {
            let file = match File::open(self.path.join(&name)) {
                // It is being renamed, or has been purged.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                opened => opened?,
            };
            let Some(header) = header(&file)? else {
                continue;
            };
            if header.epoch != self.epoch {
                return Ok(Some(Followed::OtherHistory));
            }
            if header.first() <= self.next {
                self.open = Some(Open {
                    name,
                    file,
                    end: 0,
                    lines: Lines::from(0),
                });
                return Ok(None);
            }
        }
        let purged = firsts.first().is_some_and(|&first| first > self.next);
        Ok(Some(match purged {
            true => Followed::Purged,
            false => Followed::End,
        }))
    }

    /// Whether the segment is the one that is written to.
    fn is_active(&self) -> io::Result<bool> {
        let Some(open) = &self.open else {
            return Ok(false);
        };
        let opened = open.file.metadata()?;
        match fs::metadata(self.path.join(ACTIVE)) {
            Ok(active) => Ok((active.dev(), active.ino()) == (opened.dev(), opened.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn drain(
        &mut self,
        each: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> io::Result<ControlFlow<()>> {
        let Some(open) = &mut self.open else {
            return Ok(ControlFlow::Continue(()));
        };
        let size = open.file.size()?;
        open.lines.seek(open.end);
        let mut synced = false;
        let mut flow = ControlFlow::Continue(());
        while flow.is_continue()
            && let Some(piece) = open.lines.next(&open.file, size)?
        {
            // What is no record may be half of one that is being written.
            let line =
                Line::parse(piece.bytes).filter(|line| piece.ended && line.first == self.next);
            let Some(line) = line else {
                continue;
            };
            if !synced {
                open.file.sync_data()?;
                synced = true;
            }
            open.end = piece.end() + 1;
            self.next = line.last.next();
            flow = each(Record {
                file: &open.name,
                offset: piece.offset,
                text: line.text,
                entry: record::decode(line.text, &mut self.ids),
            });
        }
        Ok(flow)
    }
}
