//! What a clock must do.

use std::thread;

use crate::ports::Clock;

/// A clock, and time that passes.
pub trait Harness {
    /// The clock.
    fn open(&self) -> Box<dyn Clock>;

    /// Lets at least so many milliseconds pass.
    fn pass(&self, millis: u64);
}

suite!($ clock_conformance, clock, [
    uptime_never_goes_back_whichever_thread_asks
    uptime_goes_on_with_real_time
]);

/// Readings that are compared, so that threads get in each other's way.
const READINGS: usize = 10_000;

/// Milliseconds that pass: more than a reading may be rounded by.
const PASSED_MS: u64 = 20;

/// Must never go back, whichever thread asks.
pub fn uptime_never_goes_back_whichever_thread_asks(harness: &impl Harness) {
    let clock = harness.open();
    let before = clock.uptime();
    let elsewhere = thread::scope(|scope| {
        let latest = scope.spawn(|| {
            let mut latest = before;
            for _ in 0..READINGS {
                let read = clock.uptime();
                assert!(read >= latest, "{read} after {latest}");
                latest = read;
            }
            latest
        });
        latest.join().expect("it never goes back")
    });
    assert!(clock.uptime() >= elsewhere);
}

/// Must go on with real time.
pub fn uptime_goes_on_with_real_time(harness: &impl Harness) {
    let clock = harness.open();
    let before = clock.uptime();
    harness.pass(PASSED_MS);
    let passed = clock.uptime().millis_since(before);
    // Both readings are rounded.
    assert!(passed + 1 >= PASSED_MS, "{passed} ms");
}
