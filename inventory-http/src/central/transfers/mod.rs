//! Transfers: shipped, received, settled and read.

mod changes;
mod listing;
mod params;
mod routes;

pub(super) use routes::routes;
