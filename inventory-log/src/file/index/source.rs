//! Index keys of a segment, and where they come from.

use std::sync::Arc;

use super::key::Key;
use super::marks::Mark;
use super::sidecar::Sidecar;
use super::tail::View;

/// Where keys come from.
#[derive(Debug)]
pub(super) enum Source {
    /// Memory: runs of keys, each sorted.
    Runs {
        runs: Vec<Arc<[Key]>>,
        marks: Arc<Vec<Mark>>,
    },
    Sidecar(Arc<Sidecar>),
}

impl From<View> for Source {
    fn from(view: View) -> Self {
        Self::Runs {
            marks: Arc::clone(&view.marks),
            runs: view.runs(),
        }
    }
}
