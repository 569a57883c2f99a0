//! The program as an operator runs it: started, killed, started again, and told to stop.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod killed;
mod process;
mod starting;
