//! The file of an outbox: lines that are synced before anybody is told what they say.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::line::{FORMAT, decode, encode};
use super::queue::Queue;
use super::record::Record;

const NAME: &str = "outbox.log.jsonl";
const ASIDE: &str = "outbox.log.jsonl.new";

/// A file below this size is not worth rewriting.
const COMPACT_BYTES_MIN: u64 = 256 * 1024;

/// A file is rewritten when it is this many times as large as after it was.
const COMPACT_GROWTH: u64 = 4;

/// Why an outbox cannot be opened. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// What was acknowledged is damaged.
    #[error(
        "{path}, line {line}, is not what was written; restore it, or move the file away and lose what it holds"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// Another release has written it.
    #[error("{path} has a format that this release does not know")]
    OtherFormat {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read or written.
    #[error("{path} cannot be used")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
}

/// Why records were not written.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Nothing of them is in the file. The next append may succeed.
    #[error("there is no room on the disk; nothing was written")]
    NoRoom(#[source] io::Error),
    /// Nobody knows what is in the file until it is opened again. Nothing more is written.
    #[error("the outbox has failed and must be opened again")]
    Failed(#[source] io::Error),
}

/// The file.
#[derive(Debug)]
pub(super) struct File {
    directory: PathBuf,
    file: fs::File,
    bytes: u64,
    /// Its size after it was last rewritten.
    bytes_rewritten: u64,
    failed: bool,
}

impl File {
    /// Opens the file of a directory, or makes one, and applies what it says to an empty queue.
    pub(super) fn open(directory: &Path, mut queue: Queue) -> Result<(Self, Queue), OpenError> {
        let path = directory.join(NAME);
        let io = |cause| OpenError::Io {
            path: path.clone(),
            cause,
        };
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(io(error)),
        };
        replay(&bytes, &path, &mut queue)?;
        // A rewritten file ends where its last line does: a torn one, which nobody was told of, is gone.
        let file = Self::rewritten(directory, &queue).map_err(io)?;
        Ok((file, queue))
    }

    /// Writes the file anew: aside, synced, and put in place.
    fn rewritten(directory: &Path, queue: &Queue) -> io::Result<Self> {
        let aside = directory.join(ASIDE);
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .open(&aside)?;
        let mut text = FORMAT.to_vec();
        text.push(b'\n');
        let records = queue.records();
        if !records.is_empty() {
            text.extend_from_slice(&encode(&records));
            text.push(b'\n');
        }
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&aside, directory.join(NAME))?;
        fs::File::open(directory)?.sync_all()?;
        Ok(Self {
            directory: directory.to_owned(),
            file,
            bytes: text.len() as u64,
            bytes_rewritten: text.len() as u64,
            failed: false,
        })
    }

    /// Appends records that belong together, with one write and one sync.
    pub(super) fn append(&mut self, records: &[Record]) -> Result<(), AppendError> {
        if self.failed {
            let cause = io::Error::other("an earlier write has failed");
            return Err(AppendError::Failed(cause));
        }
        let mut line = encode(records);
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line) {
            // Without a sync, what was written may be taken back.
            let taken_back = self.file.set_len(self.bytes).and_then(|()| {
                use std::io::Seek as _;
                self.file.seek(io::SeekFrom::Start(self.bytes))
            });
            let no_room = error.kind() == io::ErrorKind::StorageFull;
            if no_room && taken_back.is_ok() {
                return Err(AppendError::NoRoom(error));
            }
            self.failed = true;
            return Err(AppendError::Failed(error));
        }
        if let Err(error) = self.file.sync_data() {
            self.failed = true;
            return Err(AppendError::Failed(error));
        }
        self.bytes += line.len() as u64;
        Ok(())
    }

    /// Writes the file anew when most of it is about intents that are gone.
    pub(super) fn compact_when_large(&mut self, queue: &Queue) -> Result<(), AppendError> {
        let small = self.bytes < COMPACT_BYTES_MIN
            || self.bytes < self.bytes_rewritten.saturating_mul(COMPACT_GROWTH);
        if small {
            return Ok(());
        }
        match Self::rewritten(&self.directory, queue) {
            Ok(rewritten) => *self = rewritten,
            // The old file is whole: nothing is lost but room, and the next append tries again.
            Err(error) if error.kind() == io::ErrorKind::StorageFull => {}
            Err(error) => {
                self.failed = true;
                return Err(AppendError::Failed(error));
            }
        }
        Ok(())
    }
}

fn replay(bytes: &[u8], path: &Path, queue: &mut Queue) -> Result<(), OpenError> {
    let damaged = |line: usize| OpenError::Damaged {
        path: path.to_owned(),
        line,
    };
    let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    // After the last newline there is nothing, or a torn line.
    lines.pop();
    let Some((format, lines)) = lines.split_first() else {
        return Ok(());
    };
    if *format != FORMAT {
        let path = path.to_owned();
        return Err(match format.starts_with(b"{\"outbox\":") {
            true => OpenError::OtherFormat { path },
            false => damaged(1),
        });
    }
    for (at, line) in lines.iter().enumerate() {
        let Some(records) = decode(line) else {
            // The last line may be torn inside, when its end reached the disk before its beginning.
            if at + 1 == lines.len() && bytes.ends_with(b"\n") {
                return Ok(());
            }
            return Err(damaged(at + 2));
        };
        for record in &records {
            queue.apply(record).map_err(|_| damaged(at + 2))?;
        }
    }
    Ok(())
}
