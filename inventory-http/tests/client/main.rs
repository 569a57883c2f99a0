//! The client of central, against a real central in memory and against servers that misbehave.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod calls;
mod encrypted;
mod everything;
mod failures;
mod followers;
mod keeping;
mod retries;
mod script;
mod world;
