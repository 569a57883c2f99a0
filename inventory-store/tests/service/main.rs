//! A store over real sockets, with a real central behind a link that breaks.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod calls;
mod history;
mod link;
mod logs;
mod offline;
mod online;
mod passing;
mod queue;
mod tills;
mod world;
