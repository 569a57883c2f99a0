//! Disk errors that the simulation gives.

use std::io;

pub(super) fn eio() -> io::Error {
    io::Error::from_raw_os_error(EIO)
}

pub(super) fn emfile() -> io::Error {
    io::Error::from_raw_os_error(EMFILE)
}

/// The numbers that these errors have on every Unix.
const EIO: i32 = 5;
const EMFILE: i32 = 24;
