//! What the stores of this program have logged. All tests share it: a line is known by the names in it.

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

/// Listens from now on.
pub(crate) fn listen() {
    // Another test may have been first.
    let _ = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(|| Lines)
        .try_init();
}

/// How many lines have all of these texts.
pub(crate) fn count(texts: &[&str]) -> usize {
    let lines = LINES.lock();
    let lines = String::from_utf8_lossy(&lines);
    let has_all = |line: &&str| texts.iter().all(|text| line.contains(text));
    lines.lines().filter(has_all).count()
}
