//! State of the simulated disk: a directory of inodes, and what of it would survive a power cut.

use std::collections::BTreeMap;
use std::io;

use fastrand::Rng;

use super::faults::{Call, Fault, Faults};
use super::inode::{Inode, SECTOR_BYTES};

/// A change of the directory that was not synced.
#[derive(Debug, Clone)]
enum DirectoryChange {
    Create {
        name: String,
        inode: usize,
    },
    Rename {
        from: String,
        to: String,
        inode: usize,
    },
    Remove {
        name: String,
        inode: usize,
    },
}

#[derive(Debug, Clone, Default)]
pub(super) struct State {
    /// Counts the lives of the process: calls of an earlier one fail.
    pub(super) life: u64,
    pub(super) locked: bool,
    /// Bytes that files may take up; no end of them, when it is not set.
    pub(super) capacity: Option<u64>,
    /// The error of a call that finds no room.
    pub(super) shortage: Option<io::ErrorKind>,
    pub(super) faults: Faults,
    pub(super) dice: Rng,
    /// Bytes that were read.
    pub(super) bytes_read: u64,
    /// Open files of this life, by inode.
    open: BTreeMap<usize, usize>,
    inodes: Vec<Inode>,
    seen: BTreeMap<String, usize>,
    durable: BTreeMap<String, usize>,
    pending: Vec<DirectoryChange>,
}

impl State {
    /// An empty directory.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            dice: Rng::with_seed(seed),
            shortage: Some(match seed % 3 {
                0 => io::ErrorKind::StorageFull,
                1 => io::ErrorKind::QuotaExceeded,
                _ => io::ErrorKind::FileTooLarge,
            }),
            ..Self::default()
        }
    }

    /// Counts a call of the process with this `life`. Returns the fault that the call has to show by itself, unless the
    /// call fails at once.
    pub(super) fn enter(&mut self, life: u64, call: Call) -> io::Result<Option<Fault>> {
        if life != self.life {
            return Err(io::Error::other("the process has ended"));
        }
        let fault = self.faults.on(call);
        if fault == Some(Fault::Crash) {
            self.life += 1;
            return Err(io::Error::other("the process has ended"));
        }
        Ok(fault)
    }

    /// How many bytes fit on the disk still.
    pub(super) fn free_bytes(&self) -> u64 {
        let Some(capacity) = self.capacity else {
            return u64::MAX;
        };
        capacity.saturating_sub(self.used_bytes())
    }

    /// What the files take up that have a name.
    pub(super) fn used_bytes(&self) -> u64 {
        let files = self
            .seen
            .values()
            .map(|&inode| self.inodes[inode].sectors());
        (files.sum::<usize>() * SECTOR_BYTES) as u64
    }

    /// How many sectors fit on the disk still.
    pub(super) fn free_sectors(&self) -> usize {
        let sectors = self.free_bytes() / SECTOR_BYTES as u64;
        usize::try_from(sectors).unwrap_or(usize::MAX)
    }

    /// What a call says that finds no room.
    pub(super) fn no_room(&self) -> io::Error {
        self.shortage.unwrap_or(io::ErrorKind::StorageFull).into()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.seen.keys().cloned().collect()
    }

    pub(super) fn find(&self, name: &str) -> io::Result<usize> {
        self.seen
            .get(name)
            .copied()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    pub(super) fn inode(&mut self, inode: usize) -> &mut Inode {
        &mut self.inodes[inode]
    }

    /// Counts a file that was opened.
    pub(super) fn hold(&mut self, inode: usize) {
        *self.open.entry(inode).or_default() += 1;
    }

    /// Counts a file that was closed, by the process with this `life`.
    pub(super) fn let_go(&mut self, life: u64, inode: usize) {
        if life == self.life
            && let Some(open) = self.open.get_mut(&inode)
        {
            *open = open.saturating_sub(1);
        }
    }

    /// Number of open files that have no name any more: their room is not given back.
    pub(super) fn nameless(&self) -> usize {
        let open = self.open.iter().filter(|(_, open)| **open > 0);
        let named = |inode: &usize| self.seen.values().any(|named| named == inode);
        open.filter(|(inode, _)| !named(inode)).count()
    }

    pub(super) fn create(&mut self, name: &str) -> usize {
        if let Some(&inode) = self.seen.get(name) {
            self.inodes[inode].cut(0);
            return inode;
        }
        let inode = self.inodes.len();
        self.inodes.push(Inode::default());
        self.seen.insert(name.to_owned(), inode);
        let name = name.to_owned();
        self.pending.push(DirectoryChange::Create { name, inode });
        inode
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let inode = self.find(from)?;
        let change = DirectoryChange::Rename {
            from: from.to_owned(),
            to: to.to_owned(),
            inode,
        };
        change.apply(&mut self.seen);
        self.pending.push(change);
        Ok(())
    }

    pub(super) fn remove(&mut self, name: &str) -> io::Result<()> {
        let inode = self.find(name)?;
        let name = name.to_owned();
        let change = DirectoryChange::Remove { name, inode };
        change.apply(&mut self.seen);
        self.pending.push(change);
        Ok(())
    }

    pub(super) fn sync_directory(&mut self) {
        self.pending.clear();
        self.durable.clone_from(&self.seen);
    }

    /// A file with this content, as if it had always been there.
    pub(super) fn put(&mut self, name: &str, content: Vec<u8>) {
        let inode = self.inodes.len();
        self.inodes.push(Inode::with_content(content));
        self.seen.insert(name.to_owned(), inode);
        self.durable.insert(name.to_owned(), inode);
    }

    /// Number of changes that a power cut may keep or lose.
    pub(super) fn units(&self) -> usize {
        self.pending.len() + self.inodes.iter().map(Inode::units).sum::<usize>()
    }

    /// Ends the life of the process. What it saw, the next one sees.
    pub(super) fn end_life(&mut self) {
        self.life += 1;
        self.open.clear();
        self.locked = false;
        self.faults.disarm();
    }

    /// Ends the life of the process, and of everything that was not synced and is not kept.
    pub(super) fn power_cut(&mut self, mut keep: impl FnMut(usize) -> bool) {
        let mut units = 0..;
        let mut keep = || keep(units.next().expect("the range has no end"));
        for change in std::mem::take(&mut self.pending) {
            if keep() {
                change.apply(&mut self.durable);
            }
        }
        let mut inodes = std::mem::take(&mut self.inodes);
        inodes.iter_mut().for_each(|inode| inode.settle(&mut keep));
        // Inodes without a name are gone.
        for inode in self.durable.values_mut() {
            let mut kept = std::mem::take(&mut inodes[*inode]);
            kept.reboot();
            *inode = self.inodes.len();
            self.inodes.push(kept);
        }
        self.seen.clone_from(&self.durable);
        self.end_life();
    }
}

impl DirectoryChange {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Create { name, inode } => {
                names.insert(name.clone(), *inode);
            }
            Self::Rename { from, to, inode } => {
                if names.get(from) == Some(inode) {
                    names.remove(from);
                }
                names.insert(to.clone(), *inode);
            }
            Self::Remove { name, inode } => {
                if names.get(name) == Some(inode) {
                    names.remove(name);
                }
            }
        }
    }
}
