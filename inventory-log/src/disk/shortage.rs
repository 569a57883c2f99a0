//! Full disk, full quota, no descriptors: shortages that pass.

use std::io;

use inventory_core::defect;
use inventory_core::ports::StorageError;
use rustix::io::Errno;

/// Whether a call has failed for want of something that comes back: room on the disk, in a quota or in a file of the largest size,
/// or descriptors, of the process or of the machine. Nothing was written.
pub(crate) fn is_shortage(error: &io::Error) -> bool {
    let kind = error.kind();
    let is_limit = matches!(
        kind,
        io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    );
    let descriptors = [Errno::MFILE, Errno::NFILE].map(Errno::raw_os_error);
    let code = error.raw_os_error();
    kind == io::ErrorKind::StorageFull
        || (is_limit && !defect!(QuotaIsNotFull))
        || code.is_some_and(|code| descriptors.contains(&code))
}

/// As [`is_shortage`], of an error that was put in words already.
pub(crate) fn is_storage_shortage(error: &StorageError) -> bool {
    error.cause.downcast_ref().is_some_and(is_shortage)
}
