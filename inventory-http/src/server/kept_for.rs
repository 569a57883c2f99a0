//! Whom a connection is kept for.

/// Who a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeptFor {
    Everybody,
    /// Those who watch the service: nothing else is answered.
    Health,
}
