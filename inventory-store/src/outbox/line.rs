//! A line of the outbox: records that were written together, and their checksum.

use super::record::Record;

const HEAD: &[u8] = b"{\"records\":";
const FOOT_BYTES: usize = ",\"crc\":\"01234567\"}".len();

/// The first line, with the version of the format.
pub(super) const FORMAT: &[u8] = b"{\"outbox\":1}";

/// A line without its newline.
pub(super) fn encode(records: &[Record]) -> Vec<u8> {
    let mut line = HEAD.to_vec();
    serde_json::to_writer(&mut line, records).expect("records are made of texts and numbers");
    let crc = crc32fast::hash(&line);
    line.extend_from_slice(format!(",\"crc\":\"{crc:08x}\"}}").as_bytes());
    line
}

/// The records of a line; `None` when it is not as it was written.
pub(super) fn decode(line: &[u8]) -> Option<Vec<Record>> {
    let (body, foot) = line.split_at_checked(line.len().checked_sub(FOOT_BYTES)?)?;
    let crc = crc32fast::hash(body);
    if foot != format!(",\"crc\":\"{crc:08x}\"}}").as_bytes() {
        return None;
    }
    serde_json::from_slice(body.strip_prefix(HEAD)?).ok()
}
