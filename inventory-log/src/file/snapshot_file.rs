//! Snapshot file: one snapshot in a file of its own.

use std::io::{self, BufReader};

use inventory_core::ports::Snapshot;

use crate::codec::snapshot::{self, Fault};
use crate::disk::{DiskFile, FileReader, FileWriter};

/// Bytes that are read at once: enough that the call itself costs nothing beside the copy.
const CHUNK_BYTES: usize = 256 * 1024;

/// Writes a snapshot into an empty file, and returns its size. What was written last is not synced.
pub(super) fn write(file: &dyn DiskFile, snapshot: &Snapshot) -> io::Result<u64> {
    let mut out = FileWriter::new(file);
    snapshot::write(&mut out, snapshot)?;
    Ok(out.size())
}

/// Reads a snapshot, and returns it only if every byte of the file is what was written.
pub(super) fn read(file: &dyn DiskFile) -> Result<Snapshot, Fault> {
    let size = file.size().map_err(Fault::Io)?;
    let bytes = BufReader::with_capacity(CHUNK_BYTES, FileReader::new(file));
    snapshot::read(bytes, size)
}
