//! Descriptors: each connection takes one, and so does each file.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that connections leave to files and to the way out: segments, snapshots and indexes that are open at once,
/// a collector, and a store's connections to central.
const RESERVED: usize = 80;

/// Allows this process as many open files as the system lets it have: shells allow few by default.
pub fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
}

/// Open files that this process may have; `None` when there is no limit.
pub(super) fn allowed() -> Option<usize> {
    let current = getrlimit(Resource::Nofile).current?;
    Some(usize::try_from(current).unwrap_or(usize::MAX))
}

/// The connections of those wanted that leave enough descriptors to others, `beside` more connections among them.
pub(super) fn connections_within(wanted: usize, beside: usize, allowed: Option<usize>) -> usize {
    match allowed {
        Some(allowed) => wanted.min(allowed.saturating_sub(RESERVED + beside).max(1)),
        None => wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_to_files() {
        for (wanted, allowed, connections) in [
            (10_000, None, 10_000),
            (10_000, Some(1 << 20), 10_000),
            (10_000, Some(1_024), 928),
            (100, Some(1_024), 100),
            (10_000, Some(64), 1),
        ] {
            let within = connections_within(wanted, 16, allowed);
            assert_eq!(within, connections, "{wanted} of {allowed:?}");
        }
    }
}
