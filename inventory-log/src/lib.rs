//! Event log, snapshots and dead letters of the inventory engine: the adapters of its storage ports.
//!
//! | feature   | adapter | for |
//! |-----------|---------|-----|
//! | `file`    | [`mod@file`]: a log of JSON lines, snapshots and dead letters in one directory | one machine, the default |
//! | `testing` | `testing`: a disk that fails as disks do | tests, never a release |
//!
//! [`disk`] is always there: files that are durable when they say so, for adapters and for programs beside them.
//!
//! The adapters implement the ports of `inventory-core` and decide nothing about stock. This crate has no network, no
//! async runtime and no thread of its own.

#[cfg(not(unix))]
compile_error!("inventory-log needs Unix: directories are locked and synced by its system calls");

mod clock;
#[cfg(feature = "file")]
mod codec;
pub mod disk;
#[cfg(feature = "file")]
pub mod file;
#[cfg(feature = "testing")]
pub mod testing;

pub use clock::SystemClock;

/// The programs of the READMEs, compiled with the examples of the documentation.
#[cfg(all(doctest, feature = "file"))]
#[doc = include_str!("../../README.md")]
#[doc = include_str!("../README.md")]
struct Readmes;
