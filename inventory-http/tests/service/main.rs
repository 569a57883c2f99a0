//! Central over real sockets: every call, every error, and clients that mean harm.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod access;
mod alerts;
mod answers;
mod answers_arrive;
mod as_of;
mod bad_bodies;
mod bad_framing;
mod bad_targets;
mod client;
mod clock;
mod collector;
mod contest;
mod cors;
mod counted;
mod counts;
mod expiry;
mod hanging;
mod histories;
mod history;
mod http;
mod keys;
mod lines;
mod openapi;
mod operations;
mod products;
mod promises;
mod remarks;
mod replication;
mod reservation_lists;
mod reservation_refusals;
mod reservations;
mod searches;
mod slow_clients;
mod stopping;
mod strangers;
mod streams;
mod sync;
mod taking;
mod telemetry;
mod traces;
mod transactions;
mod transfers;
mod updates;
mod world;
