//! Output: rows for people, a JSON value for programs.

use std::io::{self, Write as _};

use serde_json::Value;

use crate::failure::Failure;

/// Writes to the standard output. A reader that has gone away has what it wanted.
pub(crate) fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::io("writing the answer", &error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes a JSON value.
pub(crate) fn json(value: &Value) -> Result<(), Failure> {
    write(format!("{value}\n").as_bytes())
}

/// Writes rows of a name and a value, the values below each other.
pub(crate) fn rows(rows: &[(&str, String)]) -> Result<(), Failure> {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = rows
        .iter()
        .map(|(name, value)| format!("{name:width$}  {value}\n"));
    write(lines.collect::<String>().as_bytes())
}

/// A number of bytes for people.
pub(crate) fn bytes(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let mut amount = bytes as f64 / 1024.0;
    let mut unit = 0;
    if bytes < 10_000 {
        return format!("{bytes} bytes");
    }
    while amount >= 1000.0 && unit + 1 < units.len() {
        amount /= 1024.0;
        unit += 1;
    }
    format!("{amount:.1} {}", units[unit])
}
