//! Operating system disk: the trait `Disk` on real files.

use std::any::Any;
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::thread;

use inventory_core::defect;
use rustix::fs::{AtFlags, Dir, Mode, OFlags, fstat, fstatvfs, openat, renameat, statat, unlinkat};

use super::{Disk, DiskFile, FileId};

/// How often the lock is asked for while somebody shares it.
const LOCK_ATTEMPTS_MAX: usize = 10_000;

/// A directory of the file system. All names are looked up in its handle: whoever moves the directory away and puts another
/// one in its place has moved the store with it.
#[derive(Debug)]
pub struct OsDisk {
    directory: File,
}

impl OsDisk {
    /// Opens a directory, and creates it, with its parents, when it is missing.
    ///
    /// # Errors
    ///
    /// The directory cannot be created, made durable or opened; some of the parents may be there.
    pub fn open(path: &Path) -> io::Result<Self> {
        create_durably(path)?;
        Ok(Self {
            directory: File::open(path)?,
        })
    }

    fn open_with(&self, name: &str, flags: OFlags) -> io::Result<File> {
        let mode = Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::WGRP | Mode::ROTH | Mode::WOTH;
        let opened = openat(&self.directory, name, flags | OFlags::CLOEXEC, mode)?;
        Ok(opened.into())
    }
}

/// Creates the missing directories of a path. A directory is only durable once its parent was synced.
fn create_durably(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        Some(_) | None => Path::new("."),
    };
    create_durably(parent)?;
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        outcome => outcome?,
    }
    File::open(parent)?.sync_all()
}

impl Disk for OsDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.directory)? {
            // A name that is not UTF-8 is none of ours.
            if let Ok(name) = entry?.file_name().to_str()
                && ![".", ".."].contains(&name)
            {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::TRUNC;
        Ok(Box::new(self.open_with(name, flags)?))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(self.open_with(name, OFlags::RDWR)?))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(renameat(&self.directory, from, &self.directory, to)?)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(&self.directory, name, AtFlags::empty())?)
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.directory.sync_all()
    }

    fn identity(&self, name: &str) -> io::Result<FileId> {
        let found = statat(&self.directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(file_id(&found))
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let found = fstatvfs(&self.directory)?;
        Ok(found.f_bavail.saturating_mul(found.f_frsize))
    }

    fn lock(&self) -> io::Result<Option<Box<dyn Any + Send + Sync>>> {
        // Opened anew: two stores that share a handle would share the lock.
        let file = match defect!(LockIsAFile) {
            true => self.open_with("lock", OFlags::RDWR | OFlags::CREATE)?,
            false => self.open_with(".", OFlags::RDONLY | OFlags::DIRECTORY)?,
        };
        for _ in 0..LOCK_ATTEMPTS_MAX {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Box::new(file))),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) => {}
            }
            // An owner does not share it. Who only looks does, for an instant.
            match file.try_lock_shared() {
                Ok(()) => thread::yield_now(),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) => break,
            }
        }
        Ok(None)
    }

    fn random(&self) -> io::Result<u128> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(u128::from_le_bytes(bits))
    }
}

impl DiskFile for File {
    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn identity(&self) -> io::Result<FileId> {
        Ok(file_id(&fstat(self)?))
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        FileExt::write_at(self, bytes, offset)
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn extend(&self, from: u64, to: u64) -> io::Result<()> {
        use rustix::fs::{FallocateFlags, fallocate};
        use rustix::io::{Errno, retry_on_intr};

        let more = to.saturating_sub(from);
        match retry_on_intr(|| fallocate(self, FallocateFlags::empty(), from, more)) {
            // A file system that cannot reserve room finds out when it writes.
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => Self::set_len(self, to),
            outcome => Ok(outcome?),
        }
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn extend(&self, _from: u64, to: u64) -> io::Result<()> {
        Self::set_len(self, to)
    }

    fn cut(&self, size: u64) -> io::Result<()> {
        Self::set_len(self, size)
    }

    fn sync_data(&self) -> io::Result<()> {
        Self::sync_data(self)
    }
}

#[expect(
    clippy::useless_conversion,
    clippy::unnecessary_cast,
    reason = "the types of these numbers differ between systems"
)]
fn file_id(found: &rustix::fs::Stat) -> FileId {
    FileId {
        device: found.st_dev as u64,
        inode: found.st_ino.into(),
    }
}
