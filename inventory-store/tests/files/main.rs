//! The files of a store: what was acknowledged is there, in order, and what is there is what was written.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cache;
mod damage;
mod intents;
mod model;
mod order;
mod outbox;
mod power_cuts;
