//! Whole reads and writes, where one call of the system may do a part of it.

use std::io;
use std::ops::Range;

use super::DiskFile;

/// Writes all of `bytes`.
pub(crate) fn write_all_at(
    file: &dyn DiskFile,
    mut bytes: &[u8],
    mut offset: u64,
) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = write_some(file, bytes, offset)?;
        bytes = &bytes[written..];
        offset += written as u64;
    }
    Ok(())
}

/// Writes a part of a file again as it is: what can be read, and may not be on the disk since a sync has failed, is synced
/// with the next one. Where it is on the disk, nothing changes, whenever the power fails.
pub(crate) fn write_again(file: &dyn DiskFile, part: Range<u64>) -> io::Result<()> {
    /// Bytes that are in memory at once.
    const CHUNK_BYTES: u64 = 1 << 20;

    let mut buffer = Vec::new();
    let mut at = part.start;
    while at < part.end {
        let bytes = (part.end - at).min(CHUNK_BYTES);
        buffer.clear();
        read_onto(file, &mut buffer, at, bytes as usize)?;
        if buffer.len() as u64 != bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        write_all_at(file, &buffer, at)?;
        at += bytes;
    }
    Ok(())
}

/// Writes at least one byte, so that a loop over it ends.
pub(crate) fn write_some(file: &dyn DiskFile, bytes: &[u8], offset: u64) -> io::Result<usize> {
    match file.write_at(bytes, offset) {
        Ok(0) => Err(io::ErrorKind::WriteZero.into()),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => write_some(file, bytes, offset),
        outcome => outcome,
    }
}

/// Appends up to `most` bytes from `offset` on to `buffer`, less only at the end of the file.
pub(crate) fn read_onto(
    file: &dyn DiskFile,
    buffer: &mut Vec<u8>,
    offset: u64,
    most: usize,
) -> io::Result<()> {
    let start = buffer.len();
    buffer.resize(start + most, 0);
    let mut at = start;
    while at < buffer.len() {
        match file.read_at(&mut buffer[at..], offset + (at - start) as u64) {
            Ok(0) => break,
            Ok(read) => at += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                buffer.truncate(start);
                return Err(error);
            }
        }
    }
    buffer.truncate(at);
    Ok(())
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::disk::Disk as _;
    use crate::testing::{Call, Fault, SimDisk};

    #[test]
    fn what_a_failed_sync_has_lost_is_on_the_disk_once_it_was_written_again() {
        let disk = SimDisk::new(1);
        let file = disk.create("file").unwrap();
        let bytes: Vec<u8> = (0..2_600_000_u32).map(|at| (at % 251) as u8).collect();
        let end = bytes.len() as u64;
        write_all_at(&*file, &bytes, 0).unwrap();
        disk.sync_dir().unwrap();
        disk.arm(Some(Call::Sync), 1, Fault::SyncLosesPages);
        file.sync_data().unwrap_err();
        let lost = |disk: SimDisk| disk.content("file").unwrap() != bytes;
        assert!(!lost(disk.clone()), "it can be read");
        assert!(lost(disk.fork().power_cut(|_| true)));
        write_again(&*file, 0..end).unwrap();
        let beyond = write_again(&*file, end - 1..end + 1).unwrap_err();
        assert_eq!(beyond.kind(), io::ErrorKind::UnexpectedEof);
        file.sync_data().unwrap();
        assert!(!lost(disk.power_cut(|_| false)));
    }
}
