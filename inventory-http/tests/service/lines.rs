//! What this process has logged, by whatever test: ask for what only one of them says.

use std::io;

use parking_lot::Mutex;

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Lines;

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps what is logged from now on.
pub(crate) fn listen() {
    // One of the tests is the first.
    let _ = tracing_subscriber::fmt()
        .with_writer(|| Lines)
        .with_ansi(false)
        .try_init();
}

/// Everything so far.
pub(crate) fn logged() -> String {
    String::from_utf8_lossy(&LINES.lock()).into_owned()
}

/// How many lines say so.
pub(crate) fn said(text: &str) -> usize {
    logged().lines().filter(|line| line.contains(text)).count()
}
