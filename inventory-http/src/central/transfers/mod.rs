//! Transfers: shipped, received, settled and read.

mod listing;
mod params;
mod routes;

pub(super) use routes::routes;
