//! `deadletter.jsonl`: what could not be used, kept for a person.

use std::borrow::Cow;
use std::collections::hash_map::Entry as Slot;
use std::io;

use inventory_core::ports::{DeadLetter, DeadLetters, Resolution, Resolved, StorageError};
use inventory_core::vocabulary::{ProductId, Sequence, Timestamp};
use rapidhash::{RapidHashMap, RapidHashSet};
use serde::{Deserialize, Serialize};

use super::directory::{DEAD_LETTERS, DEAD_LETTERS_TMP, Directory};
use super::disk::{DiskFile, rename_durably, write_all_at};
use super::lines::{Lines, Piece};
use super::record::{check_crc, push_crc};
use super::text::{hex, parse_hex};

/// Dead letters as lines of JSON.
///
/// Before the first burial the file is copied, without an incomplete last line: what an earlier process wrote and could
/// not sync may be readable and yet not be on the disk.
#[derive(Debug)]
pub struct FileDeadLetters {
    directory: Directory,
    copied: Option<Copied>,
}

/// The file that this process has made durable.
#[derive(Debug)]
struct Copied {
    file: Box<dyn DiskFile>,
    end: u64,
    buried: RapidHashSet<String>,
    resolved: RapidHashSet<String>,
}

/// What a line says.
enum Line {
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
            copied: None,
        }
    }

    /// Calls `each` with every whole line, whether it is a letter or not.
    fn for_each_line(&self, mut each: impl FnMut(&Piece<'_>)) -> io::Result<()> {
        let file = match self.directory.disk.open(DEAD_LETTERS) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            opened => opened?,
        };
        let size = file.size()?;
        let mut lines = Lines::from(0);
        while let Some(piece) = lines.next(&*file, size)? {
            if piece.ended {
                each(&piece);
            }
        }
        Ok(())
    }

    fn copy(&self) -> io::Result<Copied> {
        let mut bytes = Vec::new();
        let (mut buried, mut resolved) = (RapidHashSet::default(), RapidHashSet::default());
        self.for_each_line(|piece| {
            bytes.extend_from_slice(piece.bytes);
            bytes.push(b'\n');
            match decode(piece.bytes) {
                Some(Line::Letter(letter)) => drop(buried.insert(letter.id)),
                Some(Line::Resolution { id, .. }) => drop(resolved.insert(id)),
                None => {}
            }
        })?;
        let disk = &*self.directory.disk;
        let file = disk.create(DEAD_LETTERS_TMP)?;
        write_all_at(&*file, &bytes, 0)?;
        file.sync_data()?;
        rename_durably(disk, DEAD_LETTERS_TMP, DEAD_LETTERS)?;
        Ok(Copied {
            file,
            end: bytes.len() as u64,
            buried,
            resolved,
        })
    }

    /// Lets `change` write to the file that this process has made durable.
    fn change<T>(&mut self, change: impl FnOnce(&mut Copied) -> io::Result<T>) -> io::Result<T> {
        // Taken out first: after a failure the next change starts with a new copy.
        let mut copied = match self.copied.take() {
            Some(copied) => copied,
            None => self.copy()?,
        };
        let changed = change(&mut copied)?;
        self.copied = Some(copied);
        Ok(changed)
    }
}

impl Copied {
    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        write_all_at(&*self.file, line, self.end)?;
        self.file.sync_data()?;
        self.end += line.len() as u64;
        Ok(())
    }
}

fn writing(error: io::Error) -> StorageError {
    StorageError::new(format!("writing {DEAD_LETTERS}"), error)
}

impl DeadLetters for FileDeadLetters {
    fn bury(&mut self, letter: &DeadLetter) -> Result<(), StorageError> {
        self.change(|copied| {
            if !copied.buried.contains(&letter.id) {
                copied.append(&encode(letter))?;
                copied.buried.insert(letter.id.clone());
            }
            Ok(())
        })
        .map_err(writing)
    }

    fn resolve(&mut self, id: &str, resolution: &Resolution) -> Result<Resolved, StorageError> {
        self.change(|copied| {
            if !copied.buried.contains(id) {
                return Ok(Resolved::Unknown);
            }
            if copied.resolved.contains(id) {
                return Ok(Resolved::Before);
            }
            copied.append(&encode_resolution(id, resolution))?;
            copied.resolved.insert(id.to_owned());
            Ok(Resolved::Now)
        })
        .map_err(writing)
    }

    fn letters(&self) -> Result<Vec<DeadLetter>, StorageError> {
        let mut letters: Vec<DeadLetter> = Vec::new();
        let mut places = RapidHashMap::default();
        let read = self.for_each_line(|piece| match decode(piece.bytes) {
            Some(Line::Letter(letter)) => {
                if let Slot::Vacant(slot) = places.entry(letter.id.clone()) {
                    slot.insert(letters.len());
                    letters.push(letter);
                }
            }
            Some(Line::Resolution { id, resolution }) => {
                if let Some(&place) = places.get(&id) {
                    letters[place].resolution.get_or_insert(resolution);
                }
            }
            None => {}
        });
        read.map_err(|error| StorageError::new(format!("reading {DEAD_LETTERS}"), error))?;
        Ok(letters)
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

fn decode(line: &[u8]) -> Option<Line> {
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
        resolution: None,
    }))
}
