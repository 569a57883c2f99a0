//! The replica on disk: written whole or not at all.
//!
//! `store_state.json` is a snapshot as central gives it, and a checksum; it says itself where it stands. `store_offset.json`
//! is written after it, for whoever looks.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use inventory_http::wire::StateSnapshot;
use serde_json::json;

use crate::replica::Frozen;

const STATE: &str = "store_state.json";
const OFFSET: &str = "store_offset.json";
const LOCK: &str = "lock";
const FOOT_BYTES: usize = "\n{\"crc\":\"01234567\"}\n".len();

/// The directory of a store, for one process at a time.
#[derive(Debug)]
pub struct Cache {
    directory: PathBuf,
    /// Held as long as this lives; the system lets go of it when the process dies.
    _lock: File,
}

/// Why a directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process uses it.
    #[error("{0} is in use by another process")]
    InUse(PathBuf),
    /// It cannot be read or written.
    #[error("{path} cannot be used")]
    Io {
        /// The directory or file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
}

/// Why there is no state to start from. A snapshot of central is needed.
#[derive(Debug, thiserror::Error)]
pub enum NoState {
    /// The store was never here.
    #[error("there is no copy yet")]
    Absent,
    /// The file is not as it was written.
    #[error("the copy on disk is damaged")]
    Damaged,
    /// The file cannot be read.
    #[error("the copy on disk cannot be read")]
    Io(#[source] io::Error),
}

impl Cache {
    /// Takes a directory, and makes it when it is not there.
    ///
    /// # Errors
    ///
    /// It is not taken.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        let io = |cause| OpenError::Io {
            path: directory.to_owned(),
            cause,
        };
        fs::create_dir_all(directory).map_err(io)?;
        let lock = File::create(directory.join(LOCK)).map_err(io)?;
        lock.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => OpenError::InUse(directory.to_owned()),
            fs::TryLockError::Error(cause) => io(cause),
        })?;
        Ok(Self {
            directory: directory.to_owned(),
            _lock: lock,
        })
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The state that was saved last.
    ///
    /// # Errors
    ///
    /// There is none to start from.
    pub fn load(&self) -> Result<StateSnapshot, NoState> {
        let bytes = match fs::read(self.directory.join(STATE)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(NoState::Absent),
            Err(error) => return Err(NoState::Io(error)),
        };
        let split = bytes.len().checked_sub(FOOT_BYTES);
        let (body, said) = split
            .and_then(|at| bytes.split_at_checked(at))
            .ok_or(NoState::Damaged)?;
        if said != foot(crc32fast::hash(body)).as_bytes() {
            return Err(NoState::Damaged);
        }
        serde_json::from_slice(body).map_err(|_| NoState::Damaged)
    }

    /// Saves a state, then where it stands.
    ///
    /// # Errors
    ///
    /// The state that was saved before is still there.
    pub fn save(&self, state: &Frozen) -> io::Result<()> {
        self.replace(STATE, |out| {
            let mut out = Summed {
                out,
                crc: crc32fast::Hasher::new(),
            };
            serde_json::to_writer(&mut out, state)?;
            let crc = out.crc.finalize();
            out.out.write_all(foot(crc).as_bytes())
        })?;
        let at = state.position();
        let at = json!({ "offset": at.offset, "epoch": at.epoch, "chain": at.chain });
        self.replace(OFFSET, |out| writeln!(out, "{at}"))
    }

    /// Writes a file aside, syncs it, and puts it in the place of the old one.
    fn replace(
        &self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let aside = self.directory.join(format!("{name}.new"));
        let mut out = BufWriter::new(File::create(&aside)?);
        write(&mut out)?;
        out.into_inner()?.sync_all()?;
        fs::rename(&aside, self.directory.join(name))?;
        File::open(&self.directory)?.sync_all()
    }
}

fn foot(crc: u32) -> String {
    format!("\n{{\"crc\":\"{crc:08x}\"}}\n")
}

/// Passes bytes on, and sums them up.
struct Summed<'a> {
    out: &'a mut dyn Write,
    crc: crc32fast::Hasher,
}

impl Write for Summed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.crc.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
