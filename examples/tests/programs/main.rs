//! The programs as an operator runs them: started, killed, started again, and told to stop.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod access_log;
mod client;
mod encrypted;
mod idle;
mod keys_again;
mod killed;
mod limits;
mod process;
mod readme;
mod settings;
mod starting;
mod stores;
mod stores_killed;
mod tool;
mod tool_copies;
mod tool_looks;
mod tool_repair;
