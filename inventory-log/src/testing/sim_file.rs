//! Files of the simulated disk.

use std::io;

use super::SimDisk;
use super::errors::eio;
use super::faults::{Call, Fault};
use crate::disk::{DiskFile, FileId};

#[derive(Debug)]
pub(super) struct SimFile {
    disk: SimDisk,
    inode: usize,
}

impl SimFile {
    /// A handle of an inode, which is held open by it.
    pub(super) fn hold(disk: SimDisk, inode: usize) -> Self {
        disk.state.lock().hold(inode);
        Self { disk, inode }
    }
}

impl Drop for SimFile {
    fn drop(&mut self) {
        let life = self.disk.life;
        self.disk.state.lock().let_go(life, self.inode);
    }
}

impl DiskFile for SimFile {
    fn size(&self) -> io::Result<u64> {
        let mut state = self.disk.look(Call::Size)?;
        Ok(state.inode(self.inode).content().len() as u64)
    }

    fn identity(&self) -> io::Result<FileId> {
        drop(self.disk.look(Call::Identity)?);
        Ok(file_id(self.inode))
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let (mut state, fault) = self.disk.enter(Call::Read)?;
        let length = match fault {
            None => buffer.len(),
            Some(Fault::Short) => buffer.len().div_ceil(2),
            Some(_) => return Err(eio()),
        };
        let read = state
            .inode(self.inode)
            .read_at(&mut buffer[..length], offset as usize);
        state.bytes_read += read as u64;
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let (mut state, fault) = self.disk.enter(Call::Write)?;
        let offset = offset as usize;
        let mut length = match fault {
            None => bytes.len(),
            Some(Fault::Short) => bytes.len().div_ceil(2),
            Some(Fault::ShortThenNoSpace) => {
                state.faults.arm(Some(Call::Write), 1, Fault::NoSpace);
                bytes.len().div_ceil(2)
            }
            Some(Fault::NoSpace) => return Err(state.no_room()),
            Some(Fault::Eio | Fault::SyncLosesPages | Fault::NoDescriptors | Fault::Crash) => {
                let length = state.dice.usize(..=bytes.len());
                state.inode(self.inode).write_at(&bytes[..length], offset);
                return Err(eio());
            }
        };
        let free = state.free_sectors();
        length = state.inode(self.inode).room(offset, length, free);
        if length == 0 && !bytes.is_empty() {
            return Err(state.no_room());
        }
        state.inode(self.inode).write_at(&bytes[..length], offset);
        Ok(length)
    }

    fn extend(&self, _from: u64, to: u64) -> io::Result<()> {
        self.disk.change(Call::Extend, true, |state| {
            let free = state.free_sectors();
            let inode = state.inode(self.inode);
            if inode.sectors_missing(to as usize) > free {
                return Err(state.no_room());
            }
            inode.extend(to as usize);
            Ok(())
        })
    }

    fn cut(&self, size: u64) -> io::Result<()> {
        self.disk.change(Call::Cut, false, |state| {
            state.inode(self.inode).cut(size as usize);
            Ok(())
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        let (mut state, fault) = self.disk.enter(Call::Sync)?;
        match fault {
            None | Some(Fault::Short) => {
                state.inode(self.inode).sync();
                Ok(())
            }
            Some(Fault::Eio) => Err(eio()),
            Some(fault) => {
                let mut dice = state.dice.fork();
                state.inode(self.inode).lose_pages(|| dice.bool());
                Err(if fault == Fault::SyncLosesPages {
                    eio()
                } else {
                    state.no_room()
                })
            }
        }
    }
}

/// All files are on one device.
pub(super) fn file_id(inode: usize) -> FileId {
    FileId {
        device: 1,
        inode: inode as u64,
    }
}
