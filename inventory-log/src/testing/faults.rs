//! Fault injection: what can go wrong, and when.

/// A kind of call to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// Listing the directory.
    List,
    /// Creating or emptying a file.
    Create,
    /// Opening a file.
    Open,
    /// Renaming a file.
    Rename,
    /// Removing a file.
    Remove,
    /// Syncing the directory.
    SyncDir,
    /// Taking the lock.
    Lock,
    /// Drawing random bits.
    Random,
    /// Asking which file it is.
    Identity,
    /// Asking how much room there is.
    FreeBytes,
    /// Asking for the length of a file.
    Size,
    /// Reading from a file.
    Read,
    /// Writing to a file.
    Write,
    /// Making a file longer.
    Extend,
    /// Making a file shorter.
    Cut,
    /// Syncing a file.
    Sync,
}

impl Call {
    /// Every kind.
    pub const ALL: [Self; 16] = [
        Self::List,
        Self::Create,
        Self::Open,
        Self::Rename,
        Self::Remove,
        Self::SyncDir,
        Self::Lock,
        Self::Random,
        Self::Identity,
        Self::FreeBytes,
        Self::Size,
        Self::Read,
        Self::Write,
        Self::Extend,
        Self::Cut,
        Self::Sync,
    ];
}

/// What happens instead of a call's success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// EIO. A call that changes something has done so in part, or in whole, or not at all; the seed decides. A sync keeps
    /// its pages dirty, so that a later one would write them.
    Eio,
    /// A sync fails with EIO, and its pages count as clean: they are read back, some are on the disk, and no later sync
    /// writes the others. On any other call, as [`Fault::Eio`].
    SyncLosesPages,
    /// The disk is full, or a quota is, or the file is too large: always one of them on one disk, as its seed decides. Nothing is changed. On a call that needs no space, as [`Fault::Eio`].
    NoSpace,
    /// No file can be opened, since too many are. Nothing is changed. On a call that opens none, as [`Fault::Eio`].
    NoDescriptors,
    /// Half of a read or a write is done, which is no error. On any other call, nothing.
    Short,
    /// Half of a write is done, and the next write finds the disk full. On any other call, as [`Fault::NoSpace`].
    ShortThenNoSpace,
    /// The process ends before the call: it and all later ones fail.
    Crash,
}

/// A fault that waits for its call.
#[derive(Debug, Clone)]
pub(super) struct Armed {
    pub(super) on: Option<Call>,
    pub(super) left: u64,
    pub(super) fault: Fault,
}

/// The faults that are armed, and the calls that were made.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    armed: Vec<Armed>,
    counts: [u64; Call::ALL.len()],
}

impl Faults {
    pub(super) fn arm(&mut self, on: Option<Call>, nth: u64, fault: Fault) {
        self.armed.push(Armed {
            on,
            left: nth,
            fault,
        });
    }

    pub(super) fn disarm(&mut self) {
        self.armed.clear();
    }

    pub(super) fn calls(&self) -> u64 {
        self.counts.iter().sum()
    }

    pub(super) fn calls_of(&self, call: Call) -> u64 {
        self.counts[call as usize]
    }

    /// Counts a call, and returns the fault that waited for it.
    pub(super) fn on(&mut self, call: Call) -> Option<Fault> {
        self.counts[call as usize] += 1;
        let mut fired = None;
        self.armed.retain_mut(|armed| {
            if armed.on.is_some_and(|on| on != call) {
                return true;
            }
            armed.left = armed.left.saturating_sub(1);
            if armed.left == 0 {
                fired = fired.or(Some(armed.fault));
            }
            armed.left > 0
        });
        fired
    }
}
