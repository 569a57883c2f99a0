//! Segment header, its first line: the history that it belongs to, and where in it the segment starts.

use inventory_core::defect;
use inventory_core::machine::Head;
use inventory_core::vocabulary::{Chain, Epoch, Sequence, Timestamp};
use serde::Deserialize;

use crate::codec::format::{FORMAT, format};
use crate::codec::record::{check_crc, push_crc};
use crate::codec::text::push_field;

/// Where a segment starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// The history.
    pub(super) epoch: Epoch,
    /// The head of the log before the segment.
    pub(super) before: Head,
    /// The history that is given up with this segment, when it is the first after a restart.
    pub(super) replaces: Option<Epoch>,
    /// Whether something that was acknowledged is lost of the history, and nothing but this says so: what was left was copied,
    /// and no restart has followed yet.
    pub(super) salvaged: bool,
}

/// Why a line is no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InvalidHeader {
    /// A later program wrote it.
    Newer { found: u64 },
    /// Its bytes are not what was written.
    Damaged,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Wire {
    format: u64,
    epoch: Epoch,
    first: u64,
    chain: Chain,
    recorded_at: Timestamp,
    replaces: Option<Epoch>,
    #[serde(default)]
    salvaged: bool,
    #[serde(rename = "crc")]
    _crc: String,
}

impl Header {
    /// The first position of the segment.
    pub(super) fn first(&self) -> Sequence {
        self.before.sequence.next()
    }

    /// Appends the line.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        push_field(out, b"{\"format\":", FORMAT);
        push_field(out, b",\"epoch\":", self.epoch);
        push_field(out, b",\"first\":", self.first());
        push_field(out, b",\"chain\":", self.before.chain);
        push_field(out, b",\"recordedAt\":", self.before.recorded_at);
        if let Some(epoch) = self.replaces {
            push_field(out, b",\"replaces\":", epoch);
        }
        if self.salvaged && !defect!(SalvageForgotten) {
            out.extend_from_slice(b",\"salvaged\":true");
        }
        push_crc(out, start);
    }

    /// Reads the line, which comes without its newline.
    pub(super) fn decode(line: &[u8]) -> Result<Self, InvalidHeader> {
        // The format comes first: what follows it, the place of the checksum included, may differ in a later one.
        match format(line) {
            Some(found) if found > FORMAT => return Err(InvalidHeader::Newer { found }),
            Some(_) | None => {}
        }
        check_crc(line).ok_or(InvalidHeader::Damaged)?;
        let wire: Wire = serde_json::from_slice(line).map_err(|_| InvalidHeader::Damaged)?;
        if wire.format != FORMAT {
            return Err(InvalidHeader::Damaged);
        }
        let before = wire.first.checked_sub(1).ok_or(InvalidHeader::Damaged)?;
        Ok(Self {
            epoch: wire.epoch,
            before: Head {
                sequence: Sequence::new(before),
                chain: wire.chain,
                recorded_at: wire.recorded_at,
            },
            replaces: wire.replaces,
            salvaged: wire.salvaged,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_back_and_a_later_format_is_told_from_damage() {
        let header = Header {
            epoch: Epoch::from_random(7),
            before: Head {
                sequence: Sequence::new(41),
                chain: Chain::from_bits(3),
                recorded_at: Timestamp::from_millis(5).unwrap(),
            },
            replaces: Some(Epoch::from_random(6)),
            salvaged: true,
        };
        let mut line = Vec::new();
        header.encode(&mut line);
        line.pop();
        assert_eq!(Header::decode(&line), Ok(header));
        let newer = [b"{\"format\":2,", &line[12..]].concat();
        assert_eq!(
            Header::decode(&newer),
            Err(InvalidHeader::Newer { found: 2 })
        );
        for at in 0..line.len() {
            let mut flipped = line.clone();
            flipped[at] ^= 1;
            assert!(Header::decode(&flipped).is_err(), "byte {at}");
        }
    }
}
