//! Snapshots for stores, as large as they get: whom they hold up.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::report::{Aim, row};
use crate::server::Server;
use crate::shop;
use crate::told::Told;

const PRODUCTS: usize = 1_000_000;
const SNAPSHOTS: usize = 10;

/// Pings while nobody reads, for comparison.
const QUIET_PINGS: usize = 1_000;

/// Snapshots that are being read.
static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

/// `/livez` on a connection of its own while all snapshots are read at once, as fast as they come.
pub(crate) async fn run(told: &Told) {
    let central = Server::central(&told.central);
    shop::stock_of(central.address, PRODUCTS).await;
    let mut pings = Client::connect(central.address).await;
    let mut quiet = Vec::with_capacity(QUIET_PINGS);
    for _ in 0..QUIET_PINGS {
        quiet.push(ping(&mut pings).await);
    }
    UNDER_WAY.store(SNAPSHOTS, Ordering::SeqCst);
    let address = central.address;
    let readers: Vec<_> = (0..SNAPSHOTS)
        .map(|_| thread::spawn(move || read_through(address)))
        .collect();
    let mut taken = Vec::new();
    while UNDER_WAY.load(Ordering::SeqCst) > 0 {
        taken.push(ping(&mut pings).await);
    }
    let bytes = readers
        .into_iter()
        .map(|reader| reader.join().expect("it is read"));
    let bytes: u64 = bytes.sum();
    row(
        &format!("p99 of /livez while {SNAPSHOTS} snapshots of {PRODUCTS} products are read"),
        percentile(&mut taken, 99),
        "ms",
        Aim::Below(20.0),
        &format!(
            "{:.2} ms while none is; the longest {:.1} ms of {}; {} MB were read",
            percentile(&mut quiet, 99),
            percentile(&mut taken, 100),
            taken.len(),
            bytes / 1_000_000
        ),
    );
}

async fn ping(client: &mut Client) -> Duration {
    let asked = Instant::now();
    client.ask(&shop::get("/livez")).await;
    asked.elapsed()
}

/// Asks for a snapshot and returns how long it was.
fn read_through(address: SocketAddr) -> u64 {
    let mut stream = TcpStream::connect(address).expect("central listens");
    let request = "GET /replication/snapshot HTTP/1.1\r\nhost: localhost\r\nx-api-key: demo\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("central reads");
    let (mut piece, mut bytes) = (vec![0; 1 << 18], 0);
    loop {
        let length = stream.read(&mut piece).expect("central sends");
        assert!(
            bytes > 0 || piece.starts_with(b"HTTP/1.1 200 "),
            "it is refused"
        );
        if length == 0 {
            break;
        }
        bytes += length as u64;
    }
    UNDER_WAY.fetch_sub(1, Ordering::SeqCst);
    assert!(bytes > PRODUCTS as u64, "{bytes} bytes are no snapshot");
    bytes
}

/// In milliseconds.
fn percentile(taken: &mut [Duration], percent: usize) -> f64 {
    taken.sort_unstable();
    taken[(taken.len() * percent / 100).min(taken.len() - 1)].as_secs_f64() * 1e3
}
