//! Replicas that wait: what a parked poll costs, and how soon an update reaches all of them.

use std::net::SocketAddr;
use std::time::Instant;

use tokio::task::JoinSet;

use crate::Told;
use crate::load::{Client, Requests as _};
use crate::report::{Aim, row};
use crate::server::Server;
use crate::shop;

const POLLS: usize = 1_000;
const TIMES: usize = 10;

pub(crate) async fn run(told: &Told) {
    let central = Server::central(&told.central);
    shop::stock(central.address).await;
    let mut writer = Client::connect(central.address).await;
    let mut sales = shop::sellers(1);
    let sale = &mut sales[0];
    writer.ask(sale.next()).await;
    let before = central.resident_bytes();

    let mut clients = Vec::with_capacity(POLLS);
    for _ in 0..POLLS {
        clients.push(Client::connect(central.address).await);
    }
    let (mut cost, mut slowest) = (0.0, 0.0_f64);
    for time in 0..TIMES {
        let offset = head(&mut writer).await;
        let target = format!("/replication/changes?fromOffset={offset}&longPollSeconds=60");
        let poll = shop::get(&target);
        for client in &mut clients {
            client.send(&poll).await;
        }
        all_parked(central.address).await;
        if time == 0 {
            let bytes = central.resident_bytes().saturating_sub(before);
            cost = bytes as f64 / POLLS as f64 / 1024.0;
        }
        let mut waiting = JoinSet::new();
        for mut client in clients.drain(..) {
            waiting.spawn(async move {
                client.answer().await;
                (Instant::now(), client)
            });
        }
        let asked = Instant::now();
        writer.ask(sale.next()).await;
        for (answered, client) in waiting.join_all().await {
            slowest = slowest.max((answered - asked).as_secs_f64());
            clients.push(client);
        }
    }
    row(
        "an update reaches 1,000 parked polls",
        slowest * 1e3,
        "ms until the last has it",
        Aim::Below(100.0),
        &format!("the slowest of {TIMES} times, the update's own sync included"),
    );
    row(
        "memory of a parked poll",
        cost,
        "KiB, its connection included",
        Aim::Below(16.0),
        "resident memory of the process",
    );
}

/// The offset of the last event.
async fn head(client: &mut Client) -> u64 {
    metric(client, "inventory_head_offset").await
}

/// Waits until all polls are parked.
async fn all_parked(address: SocketAddr) {
    let mut client = Client::connect(address).await;
    while metric(&mut client, "inventory_followers_parked").await < POLLS as u64 {
        tokio::task::yield_now().await;
    }
}

async fn metric(client: &mut Client, name: &str) -> u64 {
    let text = client.ask(&shop::get("/metrics")).await;
    let text = std::str::from_utf8(text).expect("metrics are text");
    let line = text
        .lines()
        .find(|line| line.starts_with(name))
        .unwrap_or_else(|| panic!("no {name} in the metrics"));
    let (_, value) = line.rsplit_once(' ').expect("a metric has a value");
    value.parse().expect("a gauge is a number")
}
