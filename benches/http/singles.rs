//! One product at a time: reads, and durable updates.

use std::time::Duration;

use crate::load::drive;
use crate::raw::{self, RawFile};
use crate::report::{Aim, row};
use crate::rounds::{measure, measure_beside};
use crate::server::Server;
use crate::shop;
use crate::told::Told;

const CONNECTIONS: u64 = 64;

/// Lines that the raw file gets between two looks at the clock.
const APPENDS: u64 = 64;

pub(crate) async fn gets(told: &Told) {
    let (central, bare) = (Server::central(&told.central), Server::bare());
    shop::stock(central.address).await;
    let callers = || shop::readers("/inventory", CONNECTIONS);
    let measured = measure(central.address, bare.address, told.round, callers).await;
    row(
        "GET of a product, 64 connections",
        measured.ratio,
        "x the bare server's requests/s",
        Aim::AtLeast(0.88),
        &format!(
            "{:.0} and {:.0} requests/s, p99 {:.2} ms",
            measured.ours_per_second,
            measured.baseline_per_second,
            measured.percentile_ms(0.99)
        ),
    );
}

pub(crate) async fn posts(told: &Told) {
    let (central, bare) = (Server::central(&told.central), Server::bare());
    shop::stock(central.address).await;
    let callers = || shop::sellers(CONNECTIONS);
    let measured = measure(central.address, bare.address, told.round, callers).await;
    row(
        "durable POST of an update, 64 connections",
        measured.ratio,
        "x the bare server's requests/s",
        Aim::AtLeast(0.55),
        &format!(
            "{:.0} and {:.0} requests/s",
            measured.ours_per_second, measured.baseline_per_second
        ),
    );
    row(
        "p99 of that POST",
        measured.percentile_ms(0.99),
        "ms",
        Aim::Below(3.0),
        &format!("median {:.2} ms", measured.percentile_ms(0.5)),
    );
}

/// One connection, kept alive, beside appends of the line that each of its requests becomes.
pub(crate) async fn one_by_one(told: &Told) {
    let central = Server::central(&told.central);
    shop::stock(central.address).await;
    let callers = || shop::sellers(1);
    drive(central.address, callers(), told.round / 4).await;
    let line = raw::last_lines(central.directory(), 1);
    let directory = raw::directory();
    let mut file = RawFile::create(directory.path());
    let appends = async || {
        let (mut appended, mut took) = (0, Duration::ZERO);
        while took < told.round {
            took += file.append(&line, APPENDS);
            appended += APPENDS;
        }
        appended as f64 / took.as_secs_f64()
    };
    let measured = measure_beside(central.address, told.round, callers, appends).await;
    row(
        "durable POST of an update, 1 connection",
        measured.ratio,
        "x append + fdatasync of its line",
        Aim::AtLeast(0.6),
        &format!(
            "{:.0} and {:.0} lines/s, median {:.2} ms",
            measured.ours_per_second,
            measured.baseline_per_second,
            measured.percentile_ms(0.5)
        ),
    );
}
