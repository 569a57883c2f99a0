//! Handles of the simulated disk.

use std::fmt;
use std::io;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use super::errors::{eio, emfile};
use super::faults::{Call, Fault};
use super::interlude::Interlude;
use super::state::State;

/// A directory in memory, on a disk that keeps only what was synced.
///
/// - A write reaches the disk by sectors of 512 bytes, each as it was after one of the writes to it; a length, and each
///   change of the directory, on its own. Until a sync, any subset of these *units* may be there after a power cut.
/// - A file whose name was never synced is gone, whatever its content.
/// - Everything that is left to chance is decided by the seed.
///
/// A handle stands for one life of a process. [`SimDisk::kill`] and [`SimDisk::power_cut`] end it: they return the handle
/// of the next one, release the lock, disarm the faults, and every call of the old handle and its files fails. A clone is
/// the same process; a [`SimDisk::fork`] is another disk.
#[derive(Clone)]
pub struct SimDisk {
    pub(super) state: Arc<Mutex<State>>,
    pub(super) life: u64,
    interlude: Interlude,
}

impl fmt::Debug for SimDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimDisk")
            .field("life", &self.life)
            .field("names", &self.names())
            .finish()
    }
}

impl SimDisk {
    /// An empty directory.
    pub fn new(seed: u64) -> Self {
        Self {
            state: Arc::new(Mutex::new(State::new(seed))),
            life: 0,
            interlude: Interlude::default(),
        }
    }

    /// Arms a fault for the `nth` call from now, the next being the first: of one kind, or of any. Several may be armed.
    pub fn arm(&self, on: Option<Call>, nth: u64, fault: Fault) {
        self.state.lock().faults.arm(on, nth, fault);
    }

    /// Lets something else happen before the `nth` change from now, as if on another thread: writing, syncing, creating or
    /// renaming. It may use the disk.
    pub fn meanwhile(&self, nth: u64, happen: impl FnOnce() + Send + 'static) {
        self.interlude.set(nth, Box::new(happen));
    }

    /// Lets nothing else happen.
    pub fn alone(&self) {
        self.interlude.clear();
    }

    /// Removes all armed faults.
    pub fn disarm(&self) {
        self.state.lock().faults.disarm();
    }

    /// Makes the disk full, or gives it room again. On a full disk, only what has room already can be overwritten. It stays
    /// full when the process ends.
    pub fn set_full(&self, full: bool) {
        self.set_capacity(full.then_some(0));
    }

    /// Gives the disk room for so many bytes, files that are there included, or for as many as anybody wants.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.state.lock().capacity = bytes;
    }

    /// Chooses what a call says that finds no room: [`io::ErrorKind::StorageFull`], `QuotaExceeded` or `FileTooLarge`.
    pub fn set_shortage(&self, shortage: io::ErrorKind) {
        self.state.lock().shortage = Some(shortage);
    }

    /// Bytes that files take up.
    pub fn used(&self) -> u64 {
        self.state.lock().used_bytes()
    }

    /// Number of calls so far, over all lives.
    pub fn calls(&self) -> u64 {
        self.state.lock().faults.calls()
    }

    /// Number of calls of one kind so far, over all lives.
    pub fn calls_of(&self, call: Call) -> u64 {
        self.state.lock().faults.calls_of(call)
    }

    /// Number of bytes that were read so far, over all lives.
    pub fn bytes_read(&self) -> u64 {
        self.state.lock().bytes_read
    }

    /// Number of files that the process holds open though they were removed: their room is not given back.
    pub fn nameless_files(&self) -> usize {
        self.state.lock().nameless()
    }

    /// Another disk, that is what this one is now. No process runs on it: its lock is free and no fault is armed.
    pub fn fork(&self) -> Self {
        let mut state = self.state.lock().clone();
        // The life goes on in which the process ended, so that units survive until the power is cut.
        state.end_life();
        let life = state.life;
        Self {
            state: Arc::new(Mutex::new(state)),
            life,
            interlude: Interlude::default(),
        }
    }

    /// Ends the process. What it had written, synced or not, the next one sees.
    #[must_use = "the old handle is dead"]
    pub fn kill(&self) -> Self {
        let mut state = self.state.lock();
        state.end_life();
        self.with_life(state.life)
    }

    /// Number of changes that a power cut could keep or lose.
    pub fn units(&self) -> usize {
        self.state.lock().units()
    }

    /// Cuts the power. Of the changes that were not synced, those are kept whose number, from 0 to [`SimDisk::units`],
    /// `keep` chooses.
    #[must_use = "the old handle is dead"]
    pub fn power_cut(&self, keep: impl FnMut(usize) -> bool) -> Self {
        let mut state = self.state.lock();
        state.power_cut(keep);
        self.with_life(state.life)
    }

    /// The names of all files.
    pub fn names(&self) -> Vec<String> {
        self.state.lock().names()
    }

    /// The content of a file, as the program sees it.
    pub fn content(&self, name: &str) -> Option<Vec<u8>> {
        let mut state = self.state.lock();
        let inode = state.find(name).ok()?;
        Some(state.inode(inode).content().to_vec())
    }

    /// Replaces a file, on the disk and in what the program sees: bits rot without a sync.
    pub fn put(&self, name: &str, content: Vec<u8>) {
        self.state.lock().put(name, content);
    }

    /// Removes a file for good.
    pub fn lose(&self, name: &str) {
        let mut state = self.state.lock();
        if state.remove(name).is_ok() {
            state.sync_directory();
        }
    }

    fn with_life(&self, life: u64) -> Self {
        Self {
            state: Arc::clone(&self.state),
            life,
            interlude: Interlude::default(),
        }
    }

    pub(super) fn enter(&self, call: Call) -> io::Result<(MutexGuard<'_, State>, Option<Fault>)> {
        self.interlude.before(call);
        let mut state = self.state.lock();
        let fault = state.enter(self.life, call)?;
        Ok((state, fault))
    }

    /// A call that changes nothing: any fault but a short one is an error.
    pub(super) fn look(&self, call: Call) -> io::Result<MutexGuard<'_, State>> {
        match self.enter(call)? {
            (state, None | Some(Fault::Short)) => Ok(state),
            (_, Some(Fault::NoDescriptors)) if call == Call::Open => Err(emfile()),
            (_, Some(_)) => Err(eio()),
        }
    }

    /// A call that changes something at once or not at all. It may fail after the fact.
    pub(super) fn change<T>(
        &self,
        call: Call,
        needs_room: bool,
        change: impl FnOnce(&mut State) -> io::Result<T>,
    ) -> io::Result<T> {
        let (mut state, fault) = self.enter(call)?;
        match fault {
            None | Some(Fault::Short) => change(&mut state),
            Some(Fault::NoSpace | Fault::ShortThenNoSpace) if needs_room => Err(state.no_room()),
            Some(Fault::NoDescriptors) if call == Call::Create => Err(emfile()),
            Some(_) => {
                if state.dice.bool() {
                    change(&mut state)?;
                }
                Err(eio())
            }
        }
    }
}
