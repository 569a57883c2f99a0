//! Replicas that wait: what a parked poll costs, and how soon an update reaches all of them.

use std::net::SocketAddr;
use std::time::Instant;

use tokio::task::JoinSet;

use crate::client::Client;
use crate::load::Requests as _;
use crate::report::{Aim, row};
use crate::server::Server;
use crate::shop;
use crate::told::Told;

const POLLS: usize = 1_000;
const TIMES: usize = 10;

pub(crate) async fn run(told: &Told) {
    let central = Server::central(&told.central);
    shop::stock(central.address).await;
    let mut writer = Client::connect(central.address).await;
    let mut sales = shop::sellers(1);
    let sale = &mut sales[0];
    writer.ask(sale.next()).await;

    let mut clients = connected(central.address).await;
    park(central.address, &mut clients, POLLS).await;
    // What the second thousand takes: the first has shaken the allocator, and whatever is made once.
    let before = central.resident_bytes();
    let mut more = connected(central.address).await;
    park(central.address, &mut more, 2 * POLLS).await;
    let bytes = central.resident_bytes().saturating_sub(before);
    let cost = bytes as f64 / POLLS as f64 / 1024.0;
    writer.ask(sale.next()).await;
    for client in clients.iter_mut().chain(&mut more) {
        client.answer().await;
    }
    drop(more);

    let mut slowest = 0.0_f64;
    for _ in 0..TIMES {
        park(central.address, &mut clients, POLLS).await;
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

/// A connection for each poll.
async fn connected(address: SocketAddr) -> Vec<Client> {
    let mut clients = Vec::with_capacity(POLLS);
    for _ in 0..POLLS {
        clients.push(Client::connect(address).await);
    }
    clients
}

/// Polls for what comes next on each connection, and waits until so many polls are parked in all.
async fn park(address: SocketAddr, clients: &mut [Client], all: usize) {
    let mut client = Client::connect(address).await;
    let offset = head(&mut client).await;
    let target = format!("/replication/changes?fromOffset={offset}&longPollSeconds=60");
    let poll = shop::get(&target);
    for client in clients {
        client.send(&poll).await;
    }
    while metric(&mut client, "inventory_followers_parked").await < all as u64 {
        tokio::task::yield_now().await;
    }
}

/// The offset of the last event.
async fn head(client: &mut Client) -> u64 {
    metric(client, "inventory_head_offset").await
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
