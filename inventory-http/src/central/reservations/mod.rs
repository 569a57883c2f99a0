//! Reservations: made, ended and read.

mod listing;
mod params;
mod routes;

pub(super) use routes::routes;
