//! Simulated file: what the program sees, what the disk has, and what lies between.

/// The part of a file that a disk writes whole or not at all.
pub(super) const SECTOR_BYTES: usize = 512;

/// A change that was not synced. Each may or may not survive a power cut.
#[derive(Debug, Clone)]
enum Pending {
    /// A sector, as it was after a write.
    Sector { index: usize, image: Box<[u8]> },
    /// A length.
    Length(usize),
}

/// A file.
///
/// **Invariant**: applying everything in `pending` to `durable` gives `seen`, unless a failed sync has lost pages.
#[derive(Debug, Clone, Default)]
pub(super) struct Inode {
    seen: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Pending>,
    /// Which sectors have room on the disk. The others are holes.
    allocated: Vec<bool>,
}

impl Inode {
    pub(super) fn with_content(content: Vec<u8>) -> Self {
        Self {
            allocated: vec![true; content.len().div_ceil(SECTOR_BYTES)],
            durable: content.clone(),
            seen: content,
            pending: Vec::new(),
        }
    }

    pub(super) fn content(&self) -> &[u8] {
        &self.seen
    }

    pub(super) fn read_at(&self, buffer: &mut [u8], offset: usize) -> usize {
        let rest = self.seen.get(offset..).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        length
    }

    pub(super) fn write_at(&mut self, bytes: &[u8], offset: usize) {
        if bytes.is_empty() {
            return;
        }
        let end = offset + bytes.len();
        if end > self.seen.len() {
            self.seen.resize(end, 0);
            self.pending.push(Pending::Length(end));
        }
        self.seen[offset..end].copy_from_slice(bytes);
        let last = (end - 1) / SECTOR_BYTES;
        if self.allocated.len() <= last {
            self.allocated.resize(last + 1, false);
        }
        for index in offset / SECTOR_BYTES..=last {
            self.allocated[index] = true;
            let start = index * SECTOR_BYTES;
            let end = self.seen.len().min(start + SECTOR_BYTES);
            let image = self.seen[start..end].into();
            self.pending.push(Pending::Sector { index, image });
        }
    }

    /// Makes the file shorter.
    pub(super) fn cut(&mut self, size: usize) {
        self.seen.truncate(size);
        self.allocated.truncate(size.div_ceil(SECTOR_BYTES));
        self.pending.push(Pending::Length(size));
    }

    /// Makes the file longer, with room for all of it.
    pub(super) fn extend(&mut self, size: usize) {
        self.seen.resize(size, 0);
        self.allocated = vec![true; size.div_ceil(SECTOR_BYTES)];
        self.pending.push(Pending::Length(size));
    }

    /// How many sectors have room on the disk.
    pub(super) fn sectors(&self) -> usize {
        self.allocated
            .iter()
            .filter(|&&allocated| allocated)
            .count()
    }

    /// How many more sectors a file of `size` bytes needs.
    pub(super) fn sectors_missing(&self, size: usize) -> usize {
        size.div_ceil(SECTOR_BYTES).saturating_sub(self.sectors())
    }

    /// How much of a write of `length` bytes fits when `free` more sectors have room.
    pub(super) fn room(&self, offset: usize, length: usize, mut free: usize) -> usize {
        let mut room = 0;
        while room < length {
            if self.allocated.get((offset + room) / SECTOR_BYTES) != Some(&true) {
                if free == 0 {
                    break;
                }
                free -= 1;
            }
            room += SECTOR_BYTES - (offset + room) % SECTOR_BYTES;
        }
        room.min(length)
    }

    /// Number of changes that are not durable.
    pub(super) fn units(&self) -> usize {
        self.pending.len()
    }

    /// Makes everything durable.
    pub(super) fn sync(&mut self) {
        self.settle(|| true);
    }

    /// Makes durable what `keep` chooses of the sectors, and forgets that the others are not. Lengths are kept by the
    /// file system's journal, and stay pending.
    pub(super) fn lose_pages(&mut self, mut keep: impl FnMut() -> bool) {
        let lengths = self
            .pending
            .iter()
            .filter(|change| matches!(change, Pending::Length(_)))
            .cloned();
        let lengths = lengths.collect();
        let size = self.durable.len();
        self.settle(&mut keep);
        self.durable.resize(size, 0);
        self.pending = lengths;
    }

    /// The file after a power cut that keeps what `keep` chooses.
    pub(super) fn settle(&mut self, mut keep: impl FnMut() -> bool) {
        let mut size = self.durable.len();
        for change in std::mem::take(&mut self.pending) {
            if !keep() {
                continue;
            }
            match change {
                Pending::Sector { index, image } => {
                    let start = index * SECTOR_BYTES;
                    let end = start + image.len();
                    if self.durable.len() < end {
                        self.durable.resize(end, 0);
                    }
                    self.durable[start..end].copy_from_slice(&image);
                }
                Pending::Length(length) => {
                    // What lies beyond the end of a file that shrinks does not come back when it grows again.
                    let from = length.min(self.durable.len());
                    self.durable[from..].fill(0);
                    size = length;
                }
            }
        }
        self.durable.resize(size, 0);
    }

    /// Makes the durable content the one that is seen.
    pub(super) fn reboot(&mut self) {
        self.seen.clone_from(&self.durable);
        self.allocated = vec![true; self.seen.len().div_ceil(SECTOR_BYTES)];
    }
}
