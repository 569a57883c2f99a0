//! Codec: entries and snapshots as bytes, as FORMAT.md describes them. Each adapter decides where the bytes are kept.

pub(crate) mod format;
pub(crate) mod interner;
pub(crate) mod record;
pub(crate) mod snapshot;
pub(crate) mod text;
