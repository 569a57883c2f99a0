//! One product at a time: reads, and durable updates.

use crate::report::{Aim, row};
use crate::rounds::measure;
use crate::server::Server;
use crate::shop;
use crate::told::Told;

const CONNECTIONS: u64 = 64;

pub(crate) async fn gets(told: &Told) {
    let (central, bare) = (Server::central(&told.central), Server::bare());
    shop::stock(central.address).await;
    let callers = || shop::readers("/inventory", CONNECTIONS);
    let mut measured = measure(central.address, bare.address, told.round, callers).await;
    row(
        "GET of a product, 64 connections",
        measured.ratio,
        "x the bare server's requests/s",
        Aim::AtLeast(0.85),
        &format!(
            "{:.0} and {:.0} requests/s, p99 {:.2} ms",
            measured.ours_per_second,
            measured.bare_per_second,
            measured.ours.percentile(0.99).as_secs_f64() * 1e3
        ),
    );
}

pub(crate) async fn posts(told: &Told) {
    let (central, bare) = (Server::central(&told.central), Server::bare());
    shop::stock(central.address).await;
    let callers = || shop::sellers(CONNECTIONS);
    let mut measured = measure(central.address, bare.address, told.round, callers).await;
    row(
        "durable POST of an update, 64 connections",
        measured.ratio,
        "x the bare server's requests/s",
        Aim::AtLeast(0.5),
        &format!(
            "{:.0} and {:.0} requests/s",
            measured.ours_per_second, measured.bare_per_second
        ),
    );
    row(
        "p99 of that POST",
        measured.ours.percentile(0.99).as_secs_f64() * 1e3,
        "ms",
        Aim::Below(10.0),
        &format!(
            "median {:.2} ms",
            measured.ours.percentile(0.5).as_secs_f64() * 1e3
        ),
    );
}
