//! Simulated directory: the simulated disk as the directory of a log.

use std::any::Any;
use std::io;

use super::SimDisk;
use super::faults::Call;
use super::sim_file::{SimFile, file_id};
use crate::disk::{Disk, DiskFile, FileId};

impl Disk for SimDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.look(Call::List)?.names())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let inode = self.change(Call::Create, true, |state| {
            if state.free_sectors() == 0 && state.find(name).is_err() {
                return Err(state.no_room());
            }
            Ok(state.create(name))
        })?;
        Ok(Box::new(SimFile::hold(self.clone(), inode)))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let inode = self.look(Call::Open)?.find(name)?;
        Ok(Box::new(SimFile::hold(self.clone(), inode)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.change(Call::Rename, true, |state| state.rename(from, to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.change(Call::Remove, false, |state| state.remove(name))
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.change(Call::SyncDir, false, |state| {
            state.sync_directory();
            Ok(())
        })
    }

    fn identity(&self, name: &str) -> io::Result<FileId> {
        let inode = self.look(Call::Identity)?.find(name)?;
        Ok(file_id(inode))
    }

    fn free_bytes(&self) -> io::Result<u64> {
        Ok(self.look(Call::FreeBytes)?.free_bytes())
    }

    fn lock(&self) -> io::Result<Option<Box<dyn Any + Send + Sync>>> {
        let mut state = self.look(Call::Lock)?;
        if state.locked {
            return Ok(None);
        }
        state.locked = true;
        let disk = self.clone();
        Ok(Some(Box::new(SimLock { disk })))
    }

    fn random(&self) -> io::Result<u128> {
        let mut state = self.look(Call::Random)?;
        Ok(state.dice.u128(..))
    }
}

/// Releases the lock, unless the process has ended, which has released it.
struct SimLock {
    disk: SimDisk,
}

impl Drop for SimLock {
    fn drop(&mut self) {
        let mut state = self.disk.state.lock();
        if state.life == self.disk.life {
            state.locked = false;
        }
    }
}
