//! Frame of a log record: what can be read of a line without parsing its events.

use inventory_core::defect;
use inventory_core::machine::Head;
use inventory_core::vocabulary::{Chain, Sequence, Timestamp};

use crate::codec::text::{Cursor, parse_hex, push_hex32};

/// `,"crc":"xxxxxxxx"}`
const CRC_BYTES: usize = 18;
/// `,"chain":"xxxxxxxxxxxxxxxx"`
const CHAIN_BYTES: usize = 27;

/// Ends a line that starts at `start`: appends the checksum of all its bytes, and the newline.
pub(crate) fn push_crc(out: &mut Vec<u8>, start: usize) {
    let crc = crc32fast::hash(&out[start..]);
    out.extend_from_slice(b",\"crc\":\"");
    push_hex32(out, crc);
    out.extend_from_slice(b"\"}\n");
}

/// The part of a line that its checksum covers, when the checksum is right. The line comes without its newline.
pub(crate) fn check_crc(line: &[u8]) -> Option<&[u8]> {
    let (content, crc) = line.split_at_checked(line.len().checked_sub(CRC_BYTES)?)?;
    let digits = crc.strip_prefix(b",\"crc\":\"")?.strip_suffix(b"\"}")?;
    let right = parse_hex(digits)? == u64::from(crc32fast::hash(content));
    (right || defect!(CrcNotChecked)).then_some(content)
}

/// A line whose checksum is right and whose frame is that of a record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    /// Position of the first event.
    pub(crate) first: Sequence,
    /// Position of the last event.
    pub(crate) last: Sequence,
    /// First position of the append that wrote the line: every position below was durable by then.
    pub(crate) group: Sequence,
    /// All of it.
    pub(crate) text: &'a str,
    recorded_at: &'a str,
    chain: &'a [u8],
}

impl<'a> Line<'a> {
    /// Reads the frame of a line, which comes without its newline. `None` when the bytes are no record.
    pub(crate) fn parse(line: &'a [u8]) -> Option<Self> {
        let content = check_crc(line)?;
        let (_, chain) = content.split_at_checked(content.len().checked_sub(CHAIN_BYTES)?)?;
        let chain = chain.strip_prefix(b",\"chain\":\"")?.strip_suffix(b"\"")?;
        let text = std::str::from_utf8(line).ok()?;
        let mut cursor = Cursor::new(text);
        cursor.pass("{\"seq\":")?;
        let first = cursor.number()?;
        cursor.pass(",\"n\":")?;
        let events = cursor.number()?;
        cursor.pass(",\"group\":")?;
        let group = cursor.number()?;
        cursor.pass(",\"ts\":\"")?;
        let recorded_at = cursor.string()?;
        let last = first.checked_add(events.checked_sub(1)?)?;
        if group == 0 || group > first {
            return None;
        }
        Some(Self {
            first: Sequence::new(first),
            last: Sequence::new(last),
            group: Sequence::new(group),
            text,
            recorded_at,
            chain,
        })
    }

    /// The head of a log that ends with this line; `None` when its time or chain is none.
    pub(crate) fn head(&self) -> Option<Head> {
        Some(Head {
            sequence: self.last,
            chain: Chain::from_bits(parse_hex(self.chain)?),
            recorded_at: self.recorded_at.parse::<Timestamp>().ok()?,
        })
    }
}
