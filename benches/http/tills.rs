//! Tills of a store that is far from central, or has a slow disk, or a long list of products.

use std::time::{Duration, Instant};

use tokio::time;

use crate::client::Client;
use crate::distance::Distance;
use crate::load::{Requests as _, drive};
use crate::report::{Aim, row};
use crate::server::{Server, Store};
use crate::shop;
use crate::stores::status;
use crate::told::Told;

/// There and back take twice as long.
const AWAY: Duration = Duration::from_millis(25);
const QUEUED: usize = 300;
/// Between two sales: 25 a second.
const EVERY: Duration = Duration::from_millis(40);
/// Sales once the queue is empty.
const LIVE: usize = 125;
/// When nobody waits any more for the queue to end.
const GIVEN_UP: Duration = Duration::from_secs(60);

const TILLS: usize = 4;
/// What makes each sync of a process take 300 ms.
const SLOW_DISK: &[&str] = &[
    "strace",
    "-D",
    "-f",
    "--seccomp-bpf",
    "-o",
    "/dev/null",
    "-e",
    "trace=fsync,fdatasync",
    "-e",
    "inject=fsync,fdatasync:delay_exit=300000",
];

const EVENTS: u64 = 200_000;
const LINES: usize = 1_000;

/// Sells at a store, whether that is answered 200 or 202.
async fn sell(client: &mut Client) -> u16 {
    client.send(&shop::till_sale()).await;
    let (status, said) = client.answer_of_any_status().await;
    let told = matches!(status, 200 | 202);
    assert!(told, "{}", String::from_utf8_lossy(said));
    status
}

/// A store in step with a central, and the link between them.
async fn store(
    told: &Told,
    central: &Server,
    delay: Duration,
    under: &[&str],
) -> (Store, Distance) {
    let link = Distance::to(central.address, delay).await;
    let store = Store::following_under(under, &told.store(), link.address, 0);
    let mut reader = Client::connect(store.address()).await;
    while status(&mut reader, "\"stale\":").await != "false" {
        time::sleep_until(time::Instant::now() + EVERY).await;
    }
    (store, link)
}

async fn is_alone(reader: &mut Client) {
    while status(reader, "\"connected\":").await != "false" {
        time::sleep_until(time::Instant::now() + EVERY).await;
    }
}

/// A queue that was made while central was away, of one product, which goes on being sold.
pub(crate) async fn far(told: &Told) {
    let central = Server::central(&told.central);
    shop::stock(central.address).await;
    let (store, link) = store(told, &central, AWAY, &[]).await;
    let mut reader = Client::connect(store.address()).await;
    link.cut();
    is_alone(&mut reader).await;
    let mut till = Client::connect(store.address()).await;
    for _ in 0..QUEUED {
        sell(&mut till).await;
    }
    link.mend();
    let begun = Instant::now();
    // Each sale has a customer of its own: nobody waits for the one before.
    let (told_200, mut sold) = (tokio::sync::watch::Sender::new(0_usize), Vec::new());
    let mut next = time::interval(EVERY);
    let mut emptied = None;
    while emptied.is_none() && begun.elapsed() < GIVEN_UP {
        next.tick().await;
        sold.push(tokio::spawn(one_sale(&store, &told_200)));
        if status(&mut reader, "\"queued\":").await == "0" {
            emptied = Some(begun.elapsed());
        }
    }
    let emptied = emptied.unwrap_or(GIVEN_UP);
    row(
        "a store 50 ms away with 300 sales of one product queued, until its queue is empty",
        emptied.as_secs_f64(),
        "s",
        Aim::Below(5.0),
        "while 25 a second are sold of it",
    );
    for sale in sold {
        sale.await.expect("a sale is told");
    }
    told_200.send_replace(0);
    let mut live = Vec::new();
    for _ in 0..LIVE {
        next.tick().await;
        live.push(tokio::spawn(one_sale(&store, &told_200)));
    }
    for sale in live {
        sale.await.expect("a sale is told");
    }
    let answered = *told_200.borrow();
    row(
        "live sales after that, answered 200",
        answered as f64 / LIVE as f64,
        "of all",
        Aim::AtLeast(1.0),
        &format!("{answered} of {LIVE}"),
    );
}

/// Sells once, and counts it when it was answered 200.
fn one_sale(
    store: &Store,
    told_200: &tokio::sync::watch::Sender<usize>,
) -> impl Future<Output = ()> + use<> {
    let (address, told_200) = (store.address(), told_200.clone());
    async move {
        let mut client = Client::connect(address).await;
        if sell(&mut client).await == 200 {
            told_200.send_modify(|sales| *sales += 1);
        }
    }
}

/// Reads of the copy while tills queue what they sell on a disk that takes 300 ms.
pub(crate) async fn slow_disk(told: &Told) {
    let central = Server::central(&told.central);
    shop::stock(central.address).await;
    let (store, link) = store(told, &central, Duration::ZERO, SLOW_DISK).await;
    let mut reader = Client::connect(store.address()).await;
    link.cut();
    is_alone(&mut reader).await;
    let round = told.round * 5;
    let readers = || shop::readers("/store/inventory", 4);
    let quiet = drive(store.address(), readers(), round).await;
    let begun = Instant::now();
    let tills = (0..TILLS).map(|_| {
        let address = store.address();
        tokio::spawn(async move {
            let mut till = Client::connect(address).await;
            let (mut sales, mut longest) = (0, Duration::ZERO);
            while begun.elapsed() < round {
                let asked = Instant::now();
                sell(&mut till).await;
                longest = longest.max(asked.elapsed());
                sales += 1;
            }
            (sales, longest)
        })
    });
    let tills: Vec<_> = tills.collect();
    let read = drive(store.address(), readers(), round).await;
    let (mut sales, mut longest) = (0, Duration::ZERO);
    for till in tills {
        let (of_till, wait) = till.await.expect("a till does not fail");
        sales += of_till;
        longest = longest.max(wait);
    }
    assert!(
        longest >= Duration::from_millis(300),
        "the disk was not slow: {longest:?}"
    );
    row(
        "p99 of reads at a store while 4 tills queue on a disk that takes 300 ms",
        read.percentile(0.99).as_secs_f64() * 1e3,
        "ms",
        Aim::Below(5.0),
        &format!(
            "{:.2} ms while nobody queues; {sales} sales were queued, the slowest in {:.0} ms",
            quiet.percentile(0.99).as_secs_f64() * 1e3,
            longest.as_secs_f64() * 1e3
        ),
    );
}

/// What the copy on disk costs.
pub(crate) async fn copy_bytes(told: &Told) {
    let products = std::env::var("STORE_PRODUCTS").ok();
    let products = products.map_or(100_000, |text| {
        text.parse().expect("STORE_PRODUCTS is a number")
    });
    let central = Server::central(&told.central);
    shop::stock_of(central.address, products).await;
    let (store, _link) = store(told, &central, Duration::ZERO, &[]).await;
    let saved = store.directory().join("store_offset.json");
    while !saved.exists() {
        time::sleep_until(time::Instant::now() + EVERY).await;
    }
    let before = store.server().written_bytes();
    let mut writer = Client::connect(central.address).await;
    let mut sellers = shop::bulk_sellers(1, LINES);
    for _ in 0..EVENTS / LINES as u64 {
        writer.ask(sellers[0].next()).await;
    }
    let head = products as u64 + EVENTS;
    let mut reader = Client::connect(store.address()).await;
    loop {
        let offset = status(&mut reader, "\"lastOffset\":").await;
        if offset.parse::<u64>().expect("an offset is a number") >= head {
            break;
        }
    }
    let written = store.server().written_bytes() - before;
    row(
        &format!("bytes a store writes per event, {products} products"),
        written as f64 / EVENTS as f64,
        "bytes",
        Aim::Below(2_048.0),
        &format!("{:.1} MB for {EVENTS} events", written as f64 / 1e6),
    );
}
