//! Simulated disk: it loses what was not synced, tears writes, runs full, and returns errors on demand.
//!
//! ```
//! use std::sync::Arc;
//! use inventory_log::SystemClock;
//! use inventory_log::file::{FileOptions, open_on};
//! use inventory_log::testing::SimDisk;
//!
//! let disk = SimDisk::new(7);
//! let store = open_on(Arc::new(disk.clone()), &SystemClock, FileOptions::default()).unwrap();
//! // Power fails; of what was not synced, every second unit reaches the disk.
//! let disk = disk.power_cut(|unit| unit % 2 == 0);
//! drop(store);
//! let store = open_on(Arc::new(disk), &SystemClock, FileOptions::default()).unwrap();
//! # drop(store);
//! ```

mod errors;
mod faults;
mod hanging;
mod inode;
mod interlude;
mod sim_directory;
mod sim_disk;
mod sim_file;
pub mod simulation;
mod state;

pub use faults::{Call, Fault};
pub use hanging::HangingFile;
pub use sim_disk::SimDisk;

pub use crate::codec::record::probe::{DecodedRecord, decode_record, encode_record};
