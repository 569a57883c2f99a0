//! An inventory engine to embed: no oversell, exactly once, durable.
//!
//! One engine is the authority over the stock of all products at all stores. It takes [requests](machine::Request) of one
//! or more lines, all of which apply or none, refuses what would sell a unit twice, and answers only what is durable.
//! Start with [`Inventory`](inventory::Inventory), which runs all of it; the commands and answers are in [`machine`].
//!
//! What it is not: it does no I/O, knows no clock, no network and no async runtime. Storage and time come through
//! [`ports`]; the crate `inventory-log` has adapters for files, and [`memory`] has some for tests.
//!
//! ```text
//!  your code ──▶ inventory ──▶ writer ──▶ engine ──▶ machine      decide, apply: pure functions over a ledger
//!                  │                       │
//!                  │                       └──────▶ ports        log, snapshots, dead letters, clock: yours or an adapter
//!                  └─ reader, subscription                       what is durable, from any thread
//! ```
//!
//! ```
//! use inventory_core::engine::Settings;
//! use inventory_core::inventory::Inventory;
//! use inventory_core::machine::{Adjust, Count, InvalidInput, Request};
//! use inventory_core::memory::MemoryStorage;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let inventory = Inventory::start(MemoryStorage::new().ports(), Settings::default())?;
//!
//! let count = Count::new("tea", "north", 1)?;
//! let basket = |key: &str| -> Result<Request, InvalidInput> {
//!     let sale = Adjust::new("tea", "north", -1)?;
//!     Ok(Request::new(key.parse()?, vec![sale.into()])?)
//! };
//! inventory.submit(Request::new("count-1".parse()?, vec![count.into()])?)??;
//! assert!(inventory.submit(basket("basket-1")?)?.is_ok(), "the last unit is sold");
//! assert!(inventory.submit(basket("basket-2")?)?.is_err(), "and not sold again");
//! assert!(inventory.submit(basket("basket-1")?)??.replayed, "a retry gets the first answer");
//! # Ok(())
//! # }
//! ```

pub mod conformance;
pub mod engine;
pub mod inventory;
pub mod machine;
pub mod memory;
pub mod ports;
pub mod testing;
pub mod vocabulary;
pub mod writer;

/// The program of the README, compiled with the examples of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
