//! Many independent updates in one call.

use crate::report::{Aim, row};
use crate::rounds::measure;
use crate::server::Server;
use crate::shop;
use crate::told::Told;

const LINES: usize = 1_000;

/// Enough that one body is parsed while another is made durable.
const CONNECTIONS: u64 = 4;

pub(crate) async fn run(told: &Told) {
    let (central, bare) = (Server::central(&told.central), Server::bare());
    shop::stock(central.address).await;
    let callers = || shop::bulk_sellers(CONNECTIONS, LINES);
    let measured = measure(central.address, bare.address, told.round, callers).await;
    row(
        "POST of 1,000 updates, 4 connections",
        measured.ratio,
        "x the bare server's requests/s, which parses only",
        Aim::AtLeast(0.12),
        "",
    );
    let lines = LINES as f64;
    row(
        "durable updates of that POST",
        measured.ours_per_second * lines,
        "updates/s",
        Aim::AtLeast(600_000.0),
        &format!("{:.0}/s", measured.baseline_per_second * lines),
    );
}
