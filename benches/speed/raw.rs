//! What a disk does when it is asked for nothing but to keep bytes.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A new directory on the file system that the build is on. It goes with the value.
pub(crate) fn directory() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("the build directory can be written")
}

/// An ordinary file that grows.
pub(crate) struct RawFile {
    file: File,
}

impl RawFile {
    pub(crate) fn create(directory: &Path) -> Self {
        Self {
            file: File::create(directory.join("raw")).expect("a new file"),
        }
    }

    /// Appends the same bytes so many times, each time durably.
    pub(crate) fn append(&mut self, bytes: &[u8], times: u64) -> Duration {
        let start = Instant::now();
        for _ in 0..times {
            self.file.write_all(bytes).expect("there is room");
            self.file.sync_data().expect("the disk is sound");
        }
        start.elapsed()
    }
}

/// The files of a log in the order in which they were written.
pub(crate) fn log_files(directory: &Path) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(directory).expect("the directory of a log");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("a readable directory").path())
        .collect();
    names.retain(|path| path.to_string_lossy().ends_with("log.jsonl"));
    // The numbered ones come before the active one.
    names.sort();
    names
        .iter()
        .map(|path| fs::read(path).expect("a file of the log"))
        .collect()
}

/// The last lines of a log, with their newlines.
pub(crate) fn last_lines(directory: &Path, count: usize) -> Vec<u8> {
    let files = log_files(directory);
    let lines: Vec<_> = files.iter().flat_map(|bytes| lines(bytes)).collect();
    let mut last = Vec::new();
    for line in &lines[lines.len() - count..] {
        last.extend_from_slice(line);
        last.push(b'\n');
    }
    last
}

/// The lines of a file, without newlines and padding.
pub(crate) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let padding = |byte: &u8| matches!(byte, b'\n' | 0);
    bytes.split(padding).filter(|line| !line.is_empty())
}
