//! Index file of a sealed segment: a cache next to it.
//!
//! It is a cache of the segment. So it is never synced, and whatever is wrong with it, it is made anew.

use std::io;
use std::sync::Arc;

use super::key::{KEY_BYTES, Key};
use super::marks::Mark;
use super::table::Table;
use crate::disk::{DiskFile, read_onto};

const MAGIC: &[u8; 8] = b"invindex";
const VERSION: u32 = 2;
/// Bytes before the header line.
const FIXED_BYTES: usize = 48;
/// Bytes at the start that the checksum does not cover: magic, version and itself.
const UNCOVERED_BYTES: usize = 16;
/// Keys of a block, so that with its checksum it is just below two pages.
const BLOCK_KEYS: usize = 511;
/// Bytes of a mark.
const MARK_BYTES: usize = 16;
const CRC_BYTES: usize = 4;

/// Which segment an index is of. Its header line tells the history and all that was before; a sealed segment does not
/// change.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// The first line of the segment.
    pub(super) header: Vec<u8>,
    /// Its last position.
    pub(super) last: u64,
    /// The size of its file.
    pub(super) size: u64,
}

/// An open sidecar, and what is kept in memory of it: which keys its blocks begin with, and the marks.
#[derive(Debug)]
pub(super) struct Sidecar {
    file: Arc<dyn DiskFile>,
    fences: Vec<Key>,
    pub(super) marks: Arc<Vec<Mark>>,
    keys: u64,
    blocks_at: u64,
    /// Binds the blocks to this file.
    crc: u32,
}

impl Sidecar {
    /// The bytes of the file for a table that is whole.
    pub(super) fn encode(table: &Table, identity: &Identity) -> Vec<u8> {
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let marks = table.marks.len();
        let bytes = table.keys.len() * (KEY_BYTES + 1) + marks * MARK_BYTES + 4_096;
        let mut out = Vec::with_capacity(bytes);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&[0; CRC_BYTES]);
        out.extend_from_slice(&identity.last.to_le_bytes());
        out.extend_from_slice(&identity.size.to_le_bytes());
        out.extend_from_slice(&(table.keys.len() as u64).to_le_bytes());
        out.extend_from_slice(&length(&identity.header).to_le_bytes());
        out.extend_from_slice(&u32::try_from(marks).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(&identity.header);
        for mark in &*table.marks {
            out.extend_from_slice(&mark.first.to_le_bytes());
            out.extend_from_slice(&mark.offset.to_le_bytes());
        }
        let blocks = table.keys.chunks(BLOCK_KEYS);
        for block in blocks.clone() {
            out.extend_from_slice(&block[0].to_bytes());
        }
        let crc = crc32fast::hash(&out[UNCOVERED_BYTES..]);
        out[UNCOVERED_BYTES - CRC_BYTES..UNCOVERED_BYTES].copy_from_slice(&crc.to_le_bytes());
        for (number, block) in blocks.enumerate() {
            let start = out.len();
            for key in block {
                out.extend_from_slice(&key.to_bytes());
            }
            let crc = block_crc(crc, number, &out[start..]);
            out.extend_from_slice(&crc.to_le_bytes());
        }
        out
    }

    /// Opens a file; `None` when it is not the whole index of that segment.
    pub(super) fn open(file: Arc<dyn DiskFile>, identity: &Identity) -> io::Result<Option<Self>> {
        let size = file.size()?;
        let mut head = Vec::new();
        read_onto(&*file, &mut head, 0, FIXED_BYTES)?;
        let Some(lengths) = Lengths::read(&head, identity, size) else {
            return Ok(None);
        };
        read_onto(&*file, &mut head, FIXED_BYTES as u64, lengths.rest)?;
        Ok(Self::decode(file, &head, &lengths, identity))
    }

    fn decode(
        file: Arc<dyn DiskFile>,
        head: &[u8],
        lengths: &Lengths,
        identity: &Identity,
    ) -> Option<Self> {
        let crc = crc32fast::hash(head.get(UNCOVERED_BYTES..)?);
        let (header, rest) = head.get(FIXED_BYTES..)?.split_at_checked(lengths.header)?;
        let (marks, fences) = rest.split_at_checked(lengths.marks)?;
        if crc != lengths.crc || header != identity.header {
            return None;
        }
        Some(Self {
            file,
            fences: keys(fences),
            marks: Arc::new(decode_marks(marks)),
            keys: lengths.keys,
            blocks_at: head.len() as u64,
            crc,
        })
    }

    /// The block that holds the last key up to one, if there is such a key.
    pub(super) fn block_back(&self, key: Key) -> Option<usize> {
        let after = self.fences.partition_point(|&fence| fence <= key);
        after.checked_sub(1)
    }

    /// The first key of the block after the one that would hold a key.
    pub(super) fn fence_after(&self, key: Key) -> Option<Key> {
        let after = self.fences.partition_point(|&fence| fence <= key);
        self.fences.get(after).copied()
    }

    /// The keys of a block; `None` when they are not what was written.
    pub(super) fn block(&self, number: usize) -> io::Result<Option<Vec<Key>>> {
        let before = (number * BLOCK_KEYS) as u64;
        let count = (self.keys - before).min(BLOCK_KEYS as u64) as usize;
        let at = self.blocks_at + (number * (BLOCK_KEYS * KEY_BYTES + CRC_BYTES)) as u64;
        let mut bytes = Vec::new();
        read_onto(&*self.file, &mut bytes, at, count * KEY_BYTES + CRC_BYTES)?;
        let Some((content, crc)) = bytes.split_at_checked(count * KEY_BYTES) else {
            return Ok(None);
        };
        let right = crc == block_crc(self.crc, number, content).to_le_bytes();
        Ok(right.then(|| keys(content)))
    }
}

/// The sizes of the parts of a file, as its first bytes give them.
struct Lengths {
    crc: u32,
    keys: u64,
    header: usize,
    marks: usize,
    /// Bytes between the fixed part and the blocks.
    rest: usize,
}

impl Lengths {
    /// `None` unless the file is of this version and segment, and as long as its parts: what is believed costs no more
    /// memory than the file is long.
    fn read(fixed: &[u8], identity: &Identity, size: u64) -> Option<Self> {
        let four = |at: usize| Some(u32::from_le_bytes(*fixed.get(at..)?.first_chunk()?));
        let eight = |at: usize| Some(u64::from_le_bytes(*fixed.get(at..)?.first_chunk()?));
        let (last, segment_size) = (eight(16)?, eight(24)?);
        let ours = fixed.starts_with(MAGIC) && four(8)? == VERSION;
        if !ours || (last, segment_size) != (identity.last, identity.size) {
            return None;
        }
        let (keys, header, marks) = (eight(32)?, four(40)?, four(44)?);
        let marks = u64::from(marks).checked_mul(MARK_BYTES as u64)?;
        let blocks = keys.div_ceil(BLOCK_KEYS as u64);
        let fences = blocks.checked_mul(KEY_BYTES as u64)?;
        let rest = fences.checked_add(u64::from(header))?.checked_add(marks)?;
        let in_blocks = keys.checked_mul(KEY_BYTES as u64)?;
        let in_blocks = in_blocks.checked_add(blocks.checked_mul(CRC_BYTES as u64)?)?;
        let whole = rest
            .checked_add(in_blocks)?
            .checked_add(FIXED_BYTES as u64)?;
        (whole == size).then_some(Self {
            crc: four(12)?,
            keys,
            header: header as usize,
            marks: usize::try_from(marks).ok()?,
            rest: usize::try_from(rest).ok()?,
        })
    }
}

/// The checksum of a block, which is wrong in any other place.
fn block_crc(file: u32, number: usize, content: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&file.to_le_bytes());
    hasher.update(&(number as u64).to_le_bytes());
    hasher.update(content);
    hasher.finalize()
}

fn keys(bytes: &[u8]) -> Vec<Key> {
    let (keys, _) = bytes.as_chunks();
    keys.iter().map(|&key| Key::from_bytes(key)).collect()
}

fn decode_marks(bytes: &[u8]) -> Vec<Mark> {
    let (numbers, _) = bytes.as_chunks();
    let mut numbers = numbers.iter().map(|&number| u64::from_le_bytes(number));
    let mut marks = Vec::with_capacity(bytes.len() / MARK_BYTES);
    while let (Some(first), Some(offset)) = (numbers.next(), numbers.next()) {
        marks.push(Mark { first, offset });
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::write_all_at;

    #[test]
    fn a_table_is_read_back_block_by_block_also_when_the_last_block_is_not_full() {
        for count in [0, 1, BLOCK_KEYS, BLOCK_KEYS + 1, BLOCK_KEYS * 5 / 2] {
            let keys = (0..count as u128).map(|key| Key::from_bytes((key << 60).to_le_bytes()));
            let marks = [(1, 90), (7, 70_000)].map(|(first, offset)| Mark { first, offset });
            let table = Table::of(keys.collect(), Arc::new(marks.to_vec()), true);
            let identity = Identity {
                header: b"header".to_vec(),
                last: 9,
                size: 100_000,
            };
            let file = tempfile::tempfile().unwrap();
            write_all_at(&file, &Sidecar::encode(&table, &identity), 0).unwrap();
            let sidecar = Sidecar::open(Arc::new(file), &identity).unwrap().unwrap();
            assert_eq!(sidecar.marks, table.marks);
            assert_eq!(sidecar.fences.len(), count.div_ceil(BLOCK_KEYS));
            for (number, expected) in table.keys.chunks(BLOCK_KEYS).enumerate() {
                let block = sidecar.block(number).unwrap();
                assert_eq!(
                    block.as_deref(),
                    Some(expected),
                    "block {number} of {count}"
                );
                let next = table.keys.get((number + 1) * BLOCK_KEYS).copied();
                for &key in expected {
                    assert_eq!(sidecar.block_back(key), Some(number));
                    assert_eq!(sidecar.fence_after(key), next);
                }
            }
        }
    }
}
