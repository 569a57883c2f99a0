//! The HTTP API of the inventory engine: what goes over the wire, central, which serves it, and a client of central.
//!
//! ```text
//!           wire            bodies, errors, declared mutations: no feature
//!          ╱    ╲
//!    client      server     a feature each
//!                  │
//!    telemetry, health, feed, openapi, central
//! ```

#[cfg(any(feature = "client", feature = "server"))]
mod causes;
#[cfg(feature = "server")]
pub mod central;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "server")]
mod feed;
#[cfg(feature = "server")]
pub mod health;
#[cfg(feature = "server")]
pub mod openapi;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "server")]
pub mod telemetry;
pub mod wire;

#[cfg(any(feature = "client", feature = "server"))]
pub use causes::Causes;
