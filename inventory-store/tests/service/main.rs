//! A store over real sockets, with a real central behind a link that breaks.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod answers;
mod calls;
mod client;
#[expect(dead_code, reason = "tests of central use the rest")]
#[path = "../../../inventory-http/tests/service/collector.rs"]
mod collector;
mod history;
mod introduction;
mod link;
mod logs;
mod newer;
mod offline;
mod online;
mod parts;
mod passing;
mod queue;
mod saving;
mod starting;
mod strangers;
mod tills;
mod traces;
mod world;
