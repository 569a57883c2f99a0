//! What this program is told.

/// Whether only some rows are asked for.
pub(crate) fn is_filtered() -> bool {
    filters().next().is_some()
}

/// Whether what has this name, and is not criterion's, is asked for.
pub(crate) fn is_wanted(name: &str) -> bool {
    !is_filtered() || is_named(name)
}

/// Whether what has this name is asked for by its name, or everything is only to be run once.
pub(crate) fn is_named(name: &str) -> bool {
    filters().any(|filter| name.contains(&filter)) || (is_smoke_test() && !is_filtered())
}

fn filters() -> impl Iterator<Item = String> {
    let arguments = std::env::args().skip(1);
    arguments.filter(|argument| !argument.starts_with('-'))
}

/// Whether everything is only to be run once, to see that it runs.
pub(crate) fn is_smoke_test() -> bool {
    std::env::args().any(|argument| argument == "--test")
}

/// A size, or a small part of it for a smoke test.
pub(crate) fn scaled(size: usize) -> usize {
    if is_smoke_test() { size / 100 } else { size }
}
