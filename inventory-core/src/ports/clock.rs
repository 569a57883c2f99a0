//! What time it is.

use crate::vocabulary::{Timestamp, Uptime};

/// Two clocks: one that people set, and one that only goes on.
pub trait Clock: Send + Sync {
    /// The time now, as far as anybody knows. It may leap, ahead and back: the engine believes it only as far as the
    /// uptime bears it out.
    fn now(&self) -> Timestamp;

    /// How long the machine has been up. Must never go back, whichever thread asks, and must go on with real time, also
    /// while the process or the machine is suspended and whatever [`Clock::now`] says.
    fn uptime(&self) -> Uptime;
}
