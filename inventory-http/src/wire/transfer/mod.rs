//! Transfers: units on the way from one store to another.

mod answer;
mod body;
mod read;

pub use answer::{Moved, MovedLine};
pub use body::{Close, ProductUnits, Receive, Ship};
pub use read::{Transfer, TransferLine, TransferList};
