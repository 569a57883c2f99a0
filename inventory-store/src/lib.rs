//! The store node: a replica of central that serves reads from its own copy, forwards writes, and keeps what it could not
//! forward.
//!
//! ```text
//!  central ──▶ client ──▶ syncer ──▶ replica ──▶ cache: files that trail it
//!     ▲                                  │
//!     └────── sending ◀── outbox ◀── store API
//! ```

pub mod api;
pub mod bodies;
pub mod cache;
#[cfg(test)]
#[path = "../tests/service/logs.rs"]
mod logs;
pub mod outbox;
pub mod replica;
pub mod sending;
pub mod syncer;
