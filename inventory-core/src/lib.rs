//! An inventory engine to embed: no oversell, exactly once, durable.
//!
//! One engine is the authority over the stock of all products at all stores. It takes [requests](machine::Request) of one
//! or more lines, all of which apply or none, refuses what would sell a unit twice, and answers only what is durable.
//!
//! What it is not: it does no I/O, knows no clock, no network and no async runtime. Storage and time come through
//! [`ports`]; the crate `inventory-log` has adapters for files, and [`memory`] has some for tests.
//!
//! ```text
//!  your code ──▶ writer ──▶ engine ──▶ machine      decide, evolve: pure functions over a ledger
//!                  │          │
//!                  │          └──────▶ ports        log, snapshots, dead letters, clock: yours or an adapter
//!                  └─ reader, subscription          what is durable, from any thread
//! ```
//!
//! ```
//! use inventory_core::engine::{Engine, Opened, Settings};
//! use inventory_core::machine::{Adjust, Basis, Count, Guard, Request};
//! use inventory_core::memory::MemoryStorage;
//! use inventory_core::vocabulary::{Adjustment, Quantity};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let Opened { mut engine, .. } = Engine::open(MemoryStorage::new().ports(), Settings::default())?;
//!
//! let count = Count {
//!     product: "tea".parse()?,
//!     store: "north".parse()?,
//!     counted: Quantity::new(1)?,
//!     basis: Basis::Now(Guard::Unguarded),
//!     release_holds: false,
//! };
//! let sell = Adjust {
//!     product: "tea".parse()?,
//!     store: "north".parse()?,
//!     delta: Adjustment::new(-1)?,
//!     guard: Guard::Unguarded,
//! };
//! let answers = engine.submit(&[
//!     Request::new("count-1".parse()?, vec![count.into()])?,
//!     Request::new("basket-1".parse()?, vec![sell.clone().into()])?,
//!     Request::new("basket-2".parse()?, vec![sell.clone().into()])?,
//!     Request::new("basket-1".parse()?, vec![sell.into()])?,
//! ])?;
//! assert!(answers[1].is_ok(), "the last unit is sold");
//! assert!(answers[2].is_err(), "and not sold again");
//! assert!(answers[3].as_ref().is_ok_and(|receipt| receipt.replayed), "a retry gets the first answer");
//! # Ok(())
//! # }
//! ```

pub mod conformance;
pub mod engine;
pub mod machine;
pub mod memory;
pub mod ports;
pub mod testing;
pub mod vocabulary;
pub mod writer;
