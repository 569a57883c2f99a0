//! The form of the state file: a line that says where it stands, the content, and a checksum of both.
//!
//! ```text
//!  {"format":1,"offset":42,"epoch":"…","chain":"…"}⏎   position
//!  …                                                    content, whatever it is
//!  ⏎{"crc":"0a1b2c3d"}⏎                                 CRC32 of every byte before this newline
//! ```

use std::io::{self, Write};

use inventory_http::wire::Position;
use serde::{Deserialize, Serialize};

use super::error::Absence;

/// The form that is written and read. Another one is not converted: a snapshot is as good.
const FORMAT: u64 = 1;
const TRAILER_BYTES: usize = "\n{\"crc\":\"00000000\"}\n".len();

/// A state as it was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cached {
    /// Where it stands.
    pub position: Position,
    /// The bytes that were written, every one of them.
    pub content: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u64,
    #[serde(flatten)]
    position: Position,
}

/// What any format's first line says.
#[derive(Deserialize)]
struct AnyHeader {
    format: u64,
}

/// Writes position, content and checksum.
pub(super) fn write(
    out: &mut dyn Write,
    position: Position,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let header = Header {
        format: FORMAT,
        position,
    };
    let mut sink = Checksummed {
        out,
        crc: crc32fast::Hasher::new(),
    };
    serde_json::to_writer(&mut sink, &header)?;
    sink.write_all(b"\n")?;
    content(&mut sink)?;
    let Checksummed { out, crc } = sink;
    out.write_all(trailer(crc.finalize()).as_bytes())
}

/// Reads what was written; anything else is an absence.
pub(super) fn read(mut file: Vec<u8>) -> Result<Cached, Absence> {
    let damaged = |what| Absence::Damaged { what };
    let body = file
        .len()
        .checked_sub(TRAILER_BYTES)
        .ok_or_else(|| damaged("it is too short"))?;
    let (bytes, end) = file.split_at(body);
    // Compared as text, so that a flipped bit in the checksum's own line counts as well.
    if end != trailer(crc32fast::hash(bytes)).as_bytes() {
        return Err(damaged("its checksum is wrong"));
    }
    let line = bytes.iter().position(|&byte| byte == b'\n');
    let line = line.ok_or_else(|| damaged("it has no first line"))?;
    let header = |_| damaged("its first line says no position");
    let AnyHeader { format } = serde_json::from_slice(&bytes[..line]).map_err(header)?;
    if format != FORMAT {
        return Err(Absence::OtherFormat {
            found: format,
            known: FORMAT,
        });
    }
    let Header { position, .. } = serde_json::from_slice(&bytes[..line]).map_err(header)?;
    file.truncate(body);
    file.drain(..=line);
    Ok(Cached {
        position,
        content: file,
    })
}

fn trailer(crc: u32) -> String {
    format!("\n{{\"crc\":\"{crc:08x}\"}}\n")
}

/// A writer that remembers the checksum of what went through.
struct Checksummed<'a> {
    out: &'a mut dyn Write,
    crc: crc32fast::Hasher,
}

impl Write for Checksummed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.out.write(bytes)?;
        self.crc.update(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_format_is_told_from_damage() {
        let mut file = b"{\"format\":2,\"whatever\":true}\ncontent".to_vec();
        let end = trailer(crc32fast::hash(&file));
        file.extend_from_slice(end.as_bytes());
        let other = read(file);
        assert!(matches!(
            other,
            Err(Absence::OtherFormat { found: 2, known: 1 })
        ));
    }
}
