//! A line of `outbox.log.jsonl`: one append, whole or not at all.
//!
//! ```text
//!  {"format":1,"base":2,"crc":"…"}                      the header, always written with the base lines below it
//!  {"n":1,"records":[{"type":"queued",…}],"crc":"…"}    base: what was live when the file was written
//!  {"n":2,"records":[{"type":"queued",…}],"crc":"…"}
//!  {"n":3,"records":[{…},{…}],"crc":"…"}                appended: everything above was durable by then
//! ```
//!
//! `crc` is the CRC32 of all bytes of the line before `,"crc"`, as eight lower-case hexadecimal digits.

use serde::{Deserialize, Serialize};

use super::record::Record;

/// The format that is written and read.
pub(super) const FORMAT: u64 = 1;

const CRC_BYTES: usize = ",\"crc\":\"00000000\"}".len();

/// The first line of a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub(super) format: u64,
    /// How many lines came into the directory together with the header, so that none of them can be a torn write.
    pub(super) base: u64,
}

/// What the header of any format says.
#[derive(Debug, Deserialize)]
pub(super) struct AnyHeader {
    pub(super) format: u64,
}

/// The records of one append.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    /// Its number, contiguous from 1.
    pub(super) n: u64,
    pub(super) records: Vec<Record>,
}

#[derive(Serialize)]
struct LineRef<'a> {
    n: u64,
    records: &'a [Record],
}

/// A line with its newline.
pub(super) fn encode(n: u64, records: &[Record]) -> Vec<u8> {
    frame(&LineRef { n, records })
}

/// The header with its newline.
pub(super) fn encode_header(base: u64) -> Vec<u8> {
    frame(&Header {
        format: FORMAT,
        base,
    })
}

fn frame(content: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(content).expect("texts and numbers are JSON");
    // The checksum is the last field of the object.
    line.pop();
    let crc = ending(crc32fast::hash(&line));
    line.extend_from_slice(crc.as_bytes());
    line.push(b'\n');
    line
}

/// The object without its checksum, when the checksum is right. The line comes without its newline.
pub(super) fn check(line: &[u8]) -> Option<Vec<u8>> {
    let (content, end) = line.split_at_checked(line.len().checked_sub(CRC_BYTES)?)?;
    // Compared as text: the checksum's own bytes have one right form.
    let right = end == ending(crc32fast::hash(content)).as_bytes();
    right.then(|| [content, b"}"].concat())
}

/// How long the whole line is that these bytes start with; `None` when they start with none.
pub(super) fn whole_prefix(bytes: &[u8]) -> Option<usize> {
    let ends = (CRC_BYTES..=bytes.len()).filter(|&end| bytes[..end].ends_with(b"\"}"));
    let mut ends = ends.filter(|&end| bytes[end - CRC_BYTES..].starts_with(b",\"crc\":\""));
    ends.find(|&end| check(&bytes[..end]).is_some())
}

fn ending(crc: u32) -> String {
    format!(",\"crc\":\"{crc:08x}\"}}")
}
