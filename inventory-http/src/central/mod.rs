//! The central service: the authority over stock, as calls.

mod alerts;
mod as_of;
mod clock;
mod counts;
mod dead_letters;
mod disk_watch;
mod expiry;
mod forgotten;
mod gauges;
mod history;
mod images;
mod opened;
mod operations;
mod params;
mod past;
mod preparing;
mod products;
mod refusal;
mod replication;
mod reservations;
mod routes;
mod run;
mod service;
mod settings;
mod snapshots;
mod stream;
mod sync;
mod transactions;
mod transfers;
mod trouble;
mod updates;
mod whoami;

pub use routes::routes;
pub use run::{Ended, Running, StartError};
pub use service::Central;
pub use settings::{SETTINGS, Settings};
