//! Dead letters, `deadletter.jsonl`: bytes and events that could not be used, kept for a person.

use std::borrow::Cow;
use std::sync::Arc;
use std::{io, iter};

use inventory_core::ports::{DeadLetter, DeadLetters, Resolution, Resolved, StorageError};
use inventory_core::vocabulary::{ProductId, Sequence, Timestamp};
use parking_lot::Mutex;
use rapidhash::{RapidHashMap, RapidHashSet};
use serde::{Deserialize, Serialize};

use super::lines::{Lines, Piece};
use super::names::DEAD_LETTERS;
use crate::codec::record::{check_crc, push_crc};
use crate::codec::text::{hex, parse_hex};
use crate::disk::{Directory, DiskFile, is_storage_shortage, write_again, write_all_at};

/// Dead letters as lines of JSON. Clones write to one file as one.
///
/// Before the first burial of a process, all whole lines are written again where they stand, and synced: what an earlier
/// process wrote and could not sync may be readable and yet not be on the disk. That takes no room, so that a full disk is
/// no reason to forget that a letter is there.
///
/// What an engine finds at a start on a full disk waits for room. Until it is buried the log takes nothing, and no snapshot
/// is saved: so the next start finds it again, should this one end before.
#[derive(Debug, Clone)]
pub struct FileDeadLetters {
    directory: Directory,
    known: Arc<Mutex<Option<Known>>>,
    /// Letters for which there was no room.
    waiting: Arc<Mutex<Vec<DeadLetter>>>,
}

/// The file, all of which is durable.
#[derive(Debug)]
struct Known {
    file: Box<dyn DiskFile>,
    end: u64,
    buried: RapidHashSet<String>,
    resolved: RapidHashSet<String>,
}

/// What a line says.
pub(super) enum Line {
    Letter(DeadLetter),
    Resolution { id: String, resolution: Resolution },
}

/// A letter as a line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    sequence: Option<Sequence>,
    product: Option<ProductId>,
    #[serde(borrow)]
    reason: Cow<'a, str>,
    buried_at: Timestamp,
    bytes: u64,
    #[serde(borrow, flatten)]
    content: WireContent<'a>,
}

/// A resolution as a line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireResolution<'a> {
    #[serde(borrow)]
    resolves: Cow<'a, str>,
    resolved_at: Timestamp,
    #[serde(borrow)]
    note: Cow<'a, str>,
}

/// The bytes, readable when they are text.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum WireContent<'a> {
    #[serde(borrow)]
    Text(Cow<'a, str>),
    #[serde(borrow)]
    Hex(Cow<'a, str>),
}

impl FileDeadLetters {
    pub(super) fn new(directory: Directory) -> Self {
        Self {
            directory,
            known: Arc::default(),
            waiting: Arc::default(),
        }
    }

    /// Buries letters, which are durable then.
    pub(super) fn bury_now(&self, letters: &[DeadLetter]) -> Result<(), StorageError> {
        self.change(|known| {
            let Known { buried, .. } = known;
            let new = letters
                .iter()
                .filter(|letter| buried.insert(letter.id.clone()));
            let new: Vec<_> = new.collect();
            known.append(new.into_iter().map(encode))
        })
        .map_err(writing)
    }

    /// Buries what waits for room.
    pub(super) fn bury_waiting(&self) -> Result<(), StorageError> {
        let mut waiting = self.waiting.lock();
        if !waiting.is_empty() {
            self.bury_now(&waiting)?;
            waiting.clear();
        }
        Ok(())
    }

    /// Calls `each` with every whole line, whether it is a letter or not.
    fn for_each_line(&self, each: impl FnMut(&Piece<'_>)) -> io::Result<()> {
        match self.directory.disk().open(DEAD_LETTERS) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            opened => for_each_line(&*opened?, each),
        }
    }

    /// Makes durable what an earlier process may only have written, and cuts an unfinished line off.
    fn know(&self) -> io::Result<Known> {
        let disk = &**self.directory.disk();
        let file = match disk.open(DEAD_LETTERS) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => disk.create(DEAD_LETTERS)?,
            opened => opened?,
        };
        let (mut buried, mut resolved) = (RapidHashSet::default(), RapidHashSet::default());
        let mut end = 0;
        for_each_line(&*file, |piece| {
            end = piece.end() + 1;
            match decode(piece.bytes) {
                Some(Line::Letter(letter)) => drop(buried.insert(letter.id)),
                Some(Line::Resolution { id, .. }) => drop(resolved.insert(id)),
                None => {}
            }
        })?;
        if file.size()? > end {
            file.cut(end)?;
        }
        write_again(&*file, 0..end)?;
        file.sync_data()?;
        disk.sync_dir()?;
        Ok(Known {
            file,
            end,
            buried,
            resolved,
        })
    }

    /// Lets `change` write to the file, all of which is durable.
    fn change<T>(&self, change: impl FnOnce(&mut Known) -> io::Result<T>) -> io::Result<T> {
        let mut slot = self.known.lock();
        // Taken out first: after a failure the next change looks at the file again.
        let mut known = match slot.take() {
            Some(known) => known,
            None => self.know()?,
        };
        let changed = change(&mut known)?;
        *slot = Some(known);
        Ok(changed)
    }
}

impl Known {
    /// Appends lines, and syncs them once.
    fn append(&mut self, lines: impl Iterator<Item = Vec<u8>>) -> io::Result<()> {
        let mut end = self.end;
        for line in lines {
            write_all_at(&*self.file, &line, end)?;
            end += line.len() as u64;
        }
        if end > self.end {
            self.file.sync_data()?;
            self.end = end;
        }
        Ok(())
    }
}

fn for_each_line(file: &dyn DiskFile, mut each: impl FnMut(&Piece<'_>)) -> io::Result<()> {
    let size = file.size()?;
    let mut lines = Lines::from(0);
    while let Some(piece) = lines.next(file, size)? {
        if piece.ended {
            each(&piece);
        }
    }
    Ok(())
}

fn writing(error: io::Error) -> StorageError {
    StorageError::new(format!("writing {DEAD_LETTERS}"), error)
}

impl DeadLetters for FileDeadLetters {
    fn bury(&mut self, letters: &[DeadLetter]) -> Result<(), StorageError> {
        match self.bury_now(letters) {
            Err(error) if is_storage_shortage(&error) => {
                let mut waiting = self.waiting.lock();
                for letter in letters {
                    if waiting.iter().all(|other| other.id != letter.id) {
                        waiting.push(letter.clone());
                    }
                }
                Ok(())
            }
            buried => buried,
        }
    }

    fn resolve(&mut self, id: &str, resolution: &Resolution) -> Result<Resolved, StorageError> {
        self.bury_waiting()?;
        self.change(|known| {
            if !known.buried.contains(id) {
                return Ok(Resolved::Unknown);
            }
            if known.resolved.contains(id) {
                return Ok(Resolved::Before);
            }
            known.append(iter::once(encode_resolution(id, resolution)))?;
            known.resolved.insert(id.to_owned());
            Ok(Resolved::Now)
        })
        .map_err(writing)
    }

    fn each(&self, show: &mut dyn FnMut(DeadLetter)) -> Result<(), StorageError> {
        let reading = |error| StorageError::new(format!("reading {DEAD_LETTERS}"), error);
        // A resolution stands behind its letter.
        let mut resolutions = RapidHashMap::default();
        self.for_each_line(|piece| {
            if let Some(Line::Resolution { id, resolution }) = decode(piece.bytes) {
                resolutions.entry(id).or_insert(resolution);
            }
        })
        .map_err(reading)?;
        let mut shown = RapidHashSet::default();
        self.for_each_line(|piece| {
            if let Some(Line::Letter(mut letter)) = decode(piece.bytes)
                && shown.insert(letter.id.clone())
            {
                letter.resolution = resolutions.remove(&letter.id);
                show(letter);
            }
        })
        .map_err(reading)?;
        let waiting = self.waiting.lock();
        let unseen = waiting.iter().filter(|letter| !shown.contains(&letter.id));
        unseen.cloned().for_each(show);
        Ok(())
    }
}

fn encode(letter: &DeadLetter) -> Vec<u8> {
    let content = match std::str::from_utf8(&letter.content) {
        Ok(text) => WireContent::Text(text.into()),
        Err(_) => WireContent::Hex(hex(&letter.content).into()),
    };
    let wire = Wire {
        id: (&letter.id).into(),
        sequence: letter.sequence,
        product: letter.product.clone(),
        reason: (&letter.reason).into(),
        buried_at: letter.buried_at,
        bytes: letter.content_bytes,
        content,
    };
    frame(&wire)
}

fn encode_resolution(id: &str, resolution: &Resolution) -> Vec<u8> {
    frame(&WireResolution {
        resolves: id.into(),
        resolved_at: resolution.resolved_at,
        note: (&resolution.note).into(),
    })
}

fn frame(wire: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(wire).expect("texts and numbers are JSON");
    // The checksum is the last field of the object.
    line.pop();
    push_crc(&mut line, 0);
    line
}

pub(super) fn decode(line: &[u8]) -> Option<Line> {
    let mut object = check_crc(line)?.to_vec();
    object.push(b'}');
    if let Ok(wire) = serde_json::from_slice::<WireResolution<'_>>(&object) {
        let resolution = Resolution {
            resolved_at: wire.resolved_at,
            note: wire.note.into_owned(),
        };
        let id = wire.resolves.into_owned();
        return Some(Line::Resolution { id, resolution });
    }
    let wire: Wire<'_> = serde_json::from_slice(&object).ok()?;
    let content = match wire.content {
        WireContent::Text(text) => text.into_owned().into_bytes(),
        WireContent::Hex(digits) => {
            let bytes = digits
                .as_bytes()
                .chunks(2)
                .map(|byte| Some(parse_hex(byte)? as u8));
            bytes.collect::<Option<_>>()?
        }
    };
    Some(Line::Letter(DeadLetter {
        id: wire.id.into_owned(),
        sequence: wire.sequence,
        product: wire.product,
        reason: wire.reason.into_owned(),
        buried_at: wire.buried_at,
        content,
        content_bytes: wire.bytes,
        resolution: None,
    }))
}
