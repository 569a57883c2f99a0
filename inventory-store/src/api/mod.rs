//! The store node as a service: reads from its own copy, writes that are forwarded or queued, and the loops between.

mod concerns;
mod drain;
mod follow;
mod forward;
mod gauges;
mod introduce;
mod operations;
mod parked;
mod reads;
mod routes;
mod run;
mod save;
mod service;
mod settings;
mod turn;
mod writes;

pub use routes::{document, routes};
pub use run::{StartError, start};
pub use service::Store;
pub use settings::{OfflineWrites, SETTINGS, Settings};
