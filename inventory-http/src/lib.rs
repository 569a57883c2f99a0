//! The central service: the engine's HTTP API on a hand-written hyper server.

pub mod central;
mod feed;
pub mod health;
pub mod openapi;
pub mod server;
pub mod telemetry;
pub mod wire;
