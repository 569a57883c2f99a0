//! How far loops go whose length no request says: what a request may cost beside its own lines, counted and not timed.

#[cfg(feature = "testing")]
thread_local! {
    static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Passes over one more level, deadline, reservation or buried position.
#[cfg(not(feature = "testing"))]
#[inline(always)]
pub(crate) const fn step() {}

/// Passes over one more level, deadline, reservation or buried position.
#[cfg(feature = "testing")]
pub(crate) fn step() {
    STEPS.set(STEPS.get() + 1);
}

/// What was passed over on this thread while `run` ran.
#[cfg(feature = "testing")]
pub fn steps(run: impl FnOnce()) -> u64 {
    let before = STEPS.get();
    run();
    STEPS.get() - before
}
