//! An inspected record: one line of the log.

use inventory_core::machine::Entry;

/// A line whose checksum is right.
#[derive(Debug)]
pub struct Record<'a> {
    /// The file.
    pub file: &'a str,
    /// Where the line starts in it.
    pub offset: u64,
    /// The line, without its newline.
    pub text: &'a str,
    /// What it says; in words why it says nothing.
    pub entry: Result<Entry, String>,
}
