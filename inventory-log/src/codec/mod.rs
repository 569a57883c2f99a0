//! Entries and snapshots as bytes, which FORMAT.md has one by one. Where the bytes are kept is each adapter's own business.

pub(crate) mod format;
pub(crate) mod interner;
pub(crate) mod record;
pub(crate) mod snapshot;
pub(crate) mod text;
