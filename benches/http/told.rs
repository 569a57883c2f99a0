//! What this program is told.

use std::path::PathBuf;
use std::time::Duration;

/// Its arguments.
pub(crate) struct Told {
    pub(crate) central: PathBuf,
    pub(crate) round: Duration,
    pub(crate) rows: Vec<String>,
}

impl Told {
    /// The program beside central.
    pub(crate) fn store(&self) -> PathBuf {
        self.central.with_file_name("store")
    }

    pub(crate) fn wants(&self, row: &str) -> bool {
        self.rows.is_empty() || self.rows.iter().any(|wanted| wanted == row)
    }
}
