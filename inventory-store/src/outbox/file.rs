//! `outbox.log.jsonl`: appended to, and written anew when most of it is history.

use std::sync::Arc;

use inventory_log::disk::{Appender, Directory, ReplaceError};

use super::error::OutboxFailed;
use super::line;
use super::record::Record;

/// The file's name.
pub(super) const FILE: &str = "outbox.log.jsonl";
/// Bytes that may be appended before the file is worth writing anew.
const APPENDED_BYTES_MIN: u64 = 256 * 1024;
/// How much longer than its base what is appended may get.
const APPENDED_PER_BASE: u64 = 2;

/// The open file.
#[derive(Debug)]
pub(super) struct OutboxFile {
    directory: Directory,
    /// The first failure, until the file was written anew: what is on disk is unknown, and syncing again would prove nothing.
    appender: Result<Appender, OutboxFailed>,
    /// Number of the next line.
    next: u64,
    appended_bytes: u64,
    appended_bytes_max: u64,
}

impl OutboxFile {
    /// Writes a fresh file. An old one is replaced, also when it was whole: what can be read of it need not be on disk.
    pub(super) fn create(
        directory: &Directory,
        base: impl Iterator<Item = Record>,
    ) -> Result<Self, ReplaceError> {
        let lines: Vec<Vec<u8>> = (1..)
            .zip(base)
            .map(|(n, record)| line::encode(n, &[record]))
            .collect();
        let count = lines.len() as u64;
        let header = line::encode_header(count);
        let appender = directory.replace(FILE, |out| {
            out.write_all(&header)?;
            lines.iter().try_for_each(|line| out.write_all(line))
        })?;
        let bound = APPENDED_PER_BASE * appender.size();
        Ok(Self {
            directory: directory.clone(),
            appender: Ok(appender),
            next: count + 1,
            appended_bytes: 0,
            appended_bytes_max: bound.max(APPENDED_BYTES_MIN),
        })
    }

    /// Makes records durable, all or none.
    pub(super) fn append(&mut self, records: &[Record]) -> Result<(), OutboxFailed> {
        let appender = self.appender.as_mut().map_err(|failed| failed.clone())?;
        let line = line::encode(self.next, records);
        if let Err(error) = appender.append(&line) {
            let failed = OutboxFailed(Arc::new(error));
            self.appender = Err(failed.clone());
            return Err(failed);
        }
        self.next += 1;
        self.appended_bytes += line.len() as u64;
        Ok(())
    }

    /// Fails once a write has failed.
    pub(super) fn check(&self) -> Result<(), OutboxFailed> {
        self.appender.as_ref().map(drop).map_err(Clone::clone)
    }

    /// Whether most of the file is history.
    pub(super) fn is_overgrown(&self) -> bool {
        self.appender.is_ok() && self.appended_bytes > self.appended_bytes_max
    }

    /// Writes the file anew. When that is not possible it goes on with the old one, and tries again much later.
    pub(super) fn compact(&mut self, base: impl Iterator<Item = Record>) {
        match Self::create(&self.directory, base) {
            Ok(fresh) => *self = fresh,
            Err(ReplaceError::NotReplaced(error)) => {
                tracing::warn!(%error, "the outbox could not be written anew and grows on");
                self.appended_bytes_max = self.appended_bytes_max.saturating_mul(2);
            }
            Err(ReplaceError::NotDurable(error)) => {
                // A crash may bring back the old file; what is appended to the new one would then be gone.
                tracing::error!(%error, "the outbox was written anew, but its name is not durable");
                self.appender = Err(OutboxFailed(Arc::new(error)));
            }
        }
    }

    /// Writes the file anew when it has failed. What a failed write has left of itself is in the old file.
    pub(super) fn heal(&mut self, base: impl Iterator<Item = Record>) -> Result<(), OutboxFailed> {
        if self.appender.is_ok() {
            return Ok(());
        }
        match Self::create(&self.directory, base) {
            Ok(fresh) => {
                *self = fresh;
                Ok(())
            }
            Err(ReplaceError::NotReplaced(error) | ReplaceError::NotDurable(error)) => {
                let failed = OutboxFailed(Arc::new(error));
                self.appender = Err(failed.clone());
                Err(failed)
            }
        }
    }
}
