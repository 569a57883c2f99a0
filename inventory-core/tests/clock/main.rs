//! The engine keeps its promises whatever somebody does to the clock. Real time is the uptime: what the clock says counts
//! as far as it is borne out.

#![cfg(feature = "testing")]
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod ahead;
mod behind;
mod set_back;
mod start;
mod whatever;
mod world;
