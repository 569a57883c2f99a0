//! What a file says, judged before anything is changed.

use super::error::Fault;
use super::line::{self, AnyHeader, FORMAT, Header, Line};
use super::record::Record;

/// The end of a file that was being written when the process or the power went.
///
/// It is cut off, since nobody was told of it. Damage to the last line of a file that grew looks the same; that is why
/// the bytes are kept in `outbox.torn`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torn {
    /// The number of the line, from 1.
    pub line: u64,
    /// Where it starts.
    pub offset: u64,
    /// What was there of it.
    pub bytes: Vec<u8>,
}

/// The records of a file.
#[derive(Debug)]
pub(super) struct Survey {
    /// Each with the number of its line in the file, from 1.
    pub(super) records: Vec<(u64, Record)>,
    pub(super) torn: Option<Torn>,
}

/// Reads a file.
///
/// A line is written after the one before it is durable; so only the last line can be torn, and none of those that
/// came into the directory together.
pub(super) fn survey(file: &[u8]) -> Result<Survey, Fault> {
    let mut pieces = Pieces { file, at: 0 };
    let header = pieces.next().and_then(|piece| {
        let ended = piece.ended;
        line::check(piece.bytes).filter(|_| ended)
    });
    let header = header.ok_or_else(|| damaged(1, "its header is not what was written"))?;
    let base = read_header(&header)?;

    let mut survey = Survey {
        records: Vec::new(),
        torn: None,
    };
    let mut read = 0;
    while let Some(piece) = pieces.next() {
        let (n, at_line) = (read + 1, read + 2);
        let whole = line::check(piece.bytes).or_else(|| salvage(&piece));
        let Some(whole) = whole else {
            let bytes = piece.bytes;
            let last = piece.offset + bytes.len() + usize::from(piece.ended) == file.len();
            if !last || line::whole_prefix(bytes).is_some() {
                return Err(damaged(at_line, "it is not what was written"));
            }
            survey.torn = Some(Torn {
                line: at_line,
                offset: piece.offset as u64,
                bytes: file[piece.offset..].to_vec(),
            });
            break;
        };
        let line: Line = serde_json::from_slice(&whole)
            .map_err(|_| damaged(at_line, "it says nothing that this program knows"))?;
        if line.n != n {
            return Err(damaged(at_line, "lines before it are missing or repeated"));
        }
        read = n;
        let records = line.records.into_iter();
        survey
            .records
            .extend(records.map(|record| (at_line, record)));
    }
    // Also when the last line looks torn: these lines were whole when the file got its name.
    if read < base {
        return Err(damaged(read + 2, "it is missing, or not what was written"));
    }
    Ok(survey)
}

/// The last line when only its newline is not what was written.
fn salvage(piece: &Piece<'_>) -> Option<Vec<u8>> {
    let (_, line) = piece.bytes.split_last().filter(|_| !piece.ended)?;
    line::check(line)
}

fn read_header(header: &[u8]) -> Result<u64, Fault> {
    let unreadable = |_| damaged(1, "its header says nothing that this program knows");
    let AnyHeader { format } = serde_json::from_slice(header).map_err(unreadable)?;
    if format > FORMAT {
        return Err(Fault::NewerFormat { found: format });
    }
    let Header { base, .. } = serde_json::from_slice(header).map_err(unreadable)?;
    match format {
        FORMAT => Ok(base),
        _ => Err(damaged(1, "its header names no format that there is")),
    }
}

fn damaged(line: u64, what: &'static str) -> Fault {
    Fault::Damaged { line, what }
}

/// The bytes between newlines.
struct Pieces<'a> {
    file: &'a [u8],
    at: usize,
}

struct Piece<'a> {
    offset: usize,
    bytes: &'a [u8],
    /// Whether a newline follows.
    ended: bool,
}

impl<'a> Pieces<'a> {
    fn next(&mut self) -> Option<Piece<'a>> {
        let offset = self.at;
        let rest = self.file.get(offset..).filter(|rest| !rest.is_empty())?;
        let newline = rest.iter().position(|&byte| byte == b'\n');
        let bytes = &rest[..newline.unwrap_or(rest.len())];
        self.at = offset + bytes.len() + 1;
        Some(Piece {
            offset,
            bytes,
            ended: newline.is_some(),
        })
    }
}
