//! Format version: everything that is written starts with it.

use super::text::Cursor;

/// The version that this program reads and writes.
pub(crate) const FORMAT: u64 = 1;

/// The version that a document claims with its first bytes.
pub(crate) fn format(line: &[u8]) -> Option<u64> {
    let prefix = &line[..line.len().min(32)];
    let prefix = prefix.utf8_chunks().next()?.valid();
    let mut cursor = Cursor::new(prefix);
    cursor.pass("{\"format\":")?;
    let found = cursor.number()?;
    cursor.pass(",").map(|()| found)
}
