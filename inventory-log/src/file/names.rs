//! File names of a data directory.

use inventory_core::vocabulary::{Epoch, Sequence};

/// The segment that is appended to.
pub(super) const ACTIVE: &str = "events.log.jsonl";
/// A segment that will be the active one.
pub(super) const ACTIVE_TMP: &str = "events.log.jsonl.tmp";
/// The newest snapshot.
pub(super) const SNAPSHOT: &str = "state.json";
/// The snapshot before the newest: the log goes back to it.
pub(super) const SNAPSHOT_OLDER: &str = "state.older.json";
/// A snapshot that is being written.
pub(super) const SNAPSHOT_TMP: &str = "state.json.tmp";
/// The dead letters.
pub(super) const DEAD_LETTERS: &str = "deadletter.jsonl";

/// The name of the sealed segment that starts at `first`. The digits make the order of names the order of segments.
pub(super) fn sealed_name(first: Sequence) -> String {
    format!("events-{:020}.log.jsonl", first.number())
}

/// Where the sealed segment with this name starts; `None` when it is the name of something else, as is a number that no
/// log reaches: positions have to go on after it.
pub(super) fn sealed_first(name: &str) -> Option<Sequence> {
    let digits = name.strip_prefix("events-")?.strip_suffix(".log.jsonl")?;
    let first = Sequence::new(
        digits
            .parse()
            .ok()
            .filter(|first| (1..1 << 63).contains(first))?,
    );
    (sealed_name(first) == name).then_some(first)
}

/// The name of the index beside the sealed segment that starts at `first`.
pub(super) fn sidecar_name(first: Sequence) -> String {
    format!("events-{:020}.index", first.number())
}

/// The name of such an index while it is being written.
pub(super) fn sidecar_tmp_name(first: Sequence) -> String {
    format!("{}.tmp", sidecar_name(first))
}

/// Whether a file is an index, finished or not, and of none of these segments; or one that was not finished.
pub(super) fn is_stray_sidecar(name: &str, mut sealed: impl Iterator<Item = Sequence>) -> bool {
    let unfinished = name.strip_suffix(".index.tmp");
    let stem = unfinished.or_else(|| name.strip_suffix(".index"));
    let ours = stem.and_then(|stem| sealed_first(&format!("{stem}.log.jsonl")));
    ours.is_some_and(|first| unfinished.is_some() || sealed.all(|sealed| sealed != first))
}

/// The name under which a segment of a given-up history is kept.
pub(super) fn aside_name(name: &str, epoch: Epoch) -> String {
    format!("{name}.aside-{}", &epoch.to_string()[..8])
}

/// Whether a file is a segment of a given-up history.
pub(super) fn is_aside(name: &str) -> bool {
    name.starts_with("events") && name.contains(".log.jsonl.aside-")
}
