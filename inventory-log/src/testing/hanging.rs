//! Hanging disk: a file of the real disk that hangs.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Holds a lease on the file until standard input ends: the system lets everyone wait who opens it.
const HOLD: &str = "
import fcntl, os, signal, sys
signal.signal(signal.SIGIO, signal.SIG_IGN)
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o644)
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
print('held', flush=True)
sys.stdin.read()
";

/// A file that hangs anyone who opens it, as a disk does, until this value is dropped, or for 45 seconds, after which the system breaks
/// a lease unless it is set otherwise. It is created when it is missing.
///
/// Another process holds it, a Python one: the calls that this takes are not safe code.
#[derive(Debug)]
pub struct HangingFile(Child);

impl HangingFile {
    /// Makes a file hang.
    ///
    /// # Panics
    ///
    /// The system has no Python, or no leases on this file system; or somebody has the file open.
    pub fn new(path: &Path) -> Self {
        let mut python = Command::new("python3");
        python.arg("-c").arg(HOLD).arg(path);
        let python = python.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = python.spawn().expect("the tests need Python 3");
        let says = holder.stdout.take().expect("its output is a pipe");
        let mut line = String::new();
        let read = BufReader::new(says).read_line(&mut line);
        assert!(read.is_ok() && line == "held\n", "{path:?} cannot be held");
        Self(holder)
    }
}

impl Drop for HangingFile {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ended = self.0.wait();
    }
}
