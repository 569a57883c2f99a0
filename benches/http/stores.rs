//! Stores: how soon they show an update, how fast they catch up, and how fast they read.

use std::net::SocketAddr;
use std::time::Instant;

use crate::client::Client;
use crate::load::Requests as _;
use crate::report::{Aim, row};
use crate::rounds::measure;
use crate::server::{Server, Store};
use crate::shop;
use crate::told::Told;

const STORES: usize = 50;
const UPDATES: usize = 1_000;

/// Events that a store is behind when it starts.
const BEHIND: u64 = 1_000_000;
const LINES: usize = 1_000;

const CONNECTIONS: u64 = 64;

/// An update that central has acknowledged, until a store shows it.
pub(crate) async fn follow(told: &Told) {
    let central = Server::central(&told.central);
    shop::stock(central.address).await;
    let stores: Vec<_> = (0..STORES)
        .map(|number| Store::following(&told.store(), central.address, number))
        .collect();
    let mut readers = Vec::with_capacity(STORES);
    for store in &stores {
        let mut client = Client::connect(store.address()).await;
        while status(&mut client, "\"stale\":").await != "false" {}
        readers.push(client);
    }
    let mut writer = Client::connect(central.address).await;
    let mut sellers = shop::sellers(1);
    let mut taken = Vec::with_capacity(UPDATES);
    for update in 0..UPDATES {
        let answer = writer.ask(sellers[0].next()).await;
        let answered = Instant::now();
        let answer = std::str::from_utf8(answer).expect("answers are text");
        let product = field(answer, "\"productId\":");
        let version: u64 = number(answer, "\"newVersion\":");
        let target = format!("/store/inventory/{}", product.trim_matches('"'));
        let (reader, request) = (&mut readers[update % STORES], shop::get(&target));
        loop {
            let shown = reader.ask(&request).await;
            let shown = std::str::from_utf8(shown).expect("answers are text");
            if number(shown, "\"version\":") >= version {
                break;
            }
        }
        taken.push(answered.elapsed().as_secs_f64() * 1e3);
    }
    taken.sort_unstable_by(f64::total_cmp);
    row(
        "p99 from central's answer until a store shows it, 50 stores",
        taken[UPDATES * 99 / 100],
        "ms",
        Aim::Below(50.0),
        &format!("median {:.2} ms of {UPDATES} updates", taken[UPDATES / 2]),
    );
}

/// A store that was away while a million events happened.
pub(crate) async fn catch_up(told: &Told) {
    let central = Server::central(&told.central);
    shop::stock(central.address).await;
    let mut store = Store::following(&told.store(), central.address, 0);
    let mut reader = Client::connect(store.address()).await;
    while status(&mut reader, "\"stale\":").await != "false" {}
    drop(reader);
    store.stop();
    let mut writer = Client::connect(central.address).await;
    let mut sellers = shop::bulk_sellers(1, LINES);
    for _ in 0..BEHIND / LINES as u64 {
        writer.ask(sellers[0].next()).await;
    }
    let head = shop::PRODUCTS as u64 + BEHIND;
    let begun = Instant::now();
    store.start();
    let mut reader = Client::connect(store.address()).await;
    loop {
        let offset = status(&mut reader, "\"lastOffset\":").await;
        if offset.parse::<u64>().expect("an offset is a number") >= head {
            break;
        }
    }
    row(
        "a store that is 1,000,000 events behind",
        BEHIND as f64 / begun.elapsed().as_secs_f64(),
        "events/s, its start included",
        Aim::AtLeast(200_000.0),
        "pages of central's log, parsed, checked against the chain, and applied",
    );
}

/// Reads of the copy.
pub(crate) async fn reads(told: &Told) {
    let (central, bare) = (Server::central(&told.central), Server::bare());
    shop::stock(central.address).await;
    let store = Store::following(&told.store(), central.address, 0);
    let mut reader = Client::connect(store.address()).await;
    while status(&mut reader, "\"stale\":").await != "false" {}
    let callers = || shop::readers("/store/inventory", CONNECTIONS);
    let measured = measure(store.address(), bare.address, told.round, callers).await;
    row(
        "GET of a product at a store, 64 connections",
        measured.ratio,
        "x the bare server's requests/s",
        Aim::AtLeast(0.85),
        &format!(
            "{:.0} and {:.0} requests/s, p99 {:.2} ms",
            measured.ours_per_second,
            measured.baseline_per_second,
            measured.percentile_ms(0.99)
        ),
    );
}

/// A field of a store's status, as it is written.
pub(crate) async fn status(client: &mut Client, name: &str) -> String {
    let status = client.ask(&shop::get("/store/status")).await;
    let status = std::str::from_utf8(status).expect("answers are text");
    field(status, name).to_owned()
}

fn field<'a>(json: &'a str, name: &str) -> &'a str {
    let (_, rest) = json
        .split_once(name)
        .unwrap_or_else(|| panic!("no {name} in {json}"));
    rest.split([',', '}']).next().unwrap_or_default()
}

fn number(json: &str, name: &str) -> u64 {
    field(json, name).parse().expect("it is a number")
}

/// Where a store listens.
impl Store {
    pub(crate) fn address(&self) -> SocketAddr {
        self.server().address
    }
}
