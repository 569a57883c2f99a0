//! A store whose outbox is on a disk that hangs.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use inventory_core::testing::ManualClock;
use inventory_http::server::{EndError, GivenUp, Source};
use inventory_log::testing::SimDisk;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::*;
use crate::api::SETTINGS;
use crate::logs;

/// How long anything may take: only a fault takes it.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long the disk may take.
const DISK_PATIENCE: Duration = Duration::from_millis(100);

/// A store that central is nowhere for: what is sold is queued.
struct World {
    running: Running,
    /// The disk of its outbox.
    disk: SimDisk,
    _directory: TempDir,
    runtime: Runtime,
}

impl World {
    fn new() -> Self {
        logs::listen();
        let directory = tempfile::tempdir().unwrap();
        let nowhere = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", nowhere.local_addr().unwrap());
        drop(nowhere);
        let source = Source {
            table: SETTINGS,
            lookup: &|name| match name {
                "STORE_ID" => Some("north".to_owned()),
                "CENTRAL_URL" => Some(url.clone()),
                "PORT" => Some("0".to_owned()),
                "DRAIN" => Some("0s".to_owned()),
                "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("off".to_owned()),
                _ => None,
            },
            read: &|path| Err(io::Error::other(path.to_owned())),
        };
        let mut settings = Settings::from_source(&source).unwrap();
        settings.service.disk_patience = DISK_PATIENCE;
        let clock = Arc::new(ManualClock::default());
        let opened = Directory::open(directory.path()).unwrap();
        let disk = SimDisk::new(1);
        let of_outbox = Directory::lock(Arc::new(disk.clone())).unwrap().unwrap();
        let outbox = open_outbox(&of_outbox, &*clock, &settings).unwrap();
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(2).enable_all().build().unwrap();
        let running = runtime.block_on(serve(&opened, outbox, clock, &settings));
        Self {
            running: running.unwrap(),
            disk,
            _directory: directory,
            runtime,
        }
    }

    /// Lets the next write of the outbox hang until it is let go on, at the latest once the test is gone. It says when it begins.
    fn hang(&self) -> (Receiver<()>, Sender<()>) {
        let ((begins, begun), (goes_on, waits)) = (channel(), channel());
        self.disk.meanwhile(1, move || {
            let _ = begins.send(());
            let _ = waits.recv();
        });
        (begun, goes_on)
    }

    fn readiness(&self) -> String {
        let (_, ready) = call(self.running.address(), "GET", "/readyz", "");
        ready["reasons"].to_string()
    }
}

fn call(address: SocketAddr, method: &str, path: &str, body: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap())
}

fn sell(address: SocketAddr, key: &str) -> (u16, Value) {
    let sale = json!({
        "storeId": "north", "productId": "tea", "delta": -1, "version": null, "idempotencyKey": key,
    });
    call(
        address,
        "POST",
        "/store/inventory/updates",
        &sale.to_string(),
    )
}

#[track_caller]
fn assert_unknown((status, body): (u16, Value)) {
    assert_eq!(status, 503);
    let message = body["message"].to_string();
    assert!(message.contains("the outcome is unknown"), "{message}");
}

#[test]
fn a_disk_of_the_outbox_that_hangs_is_said_and_shown_until_it_answers() {
    let world = World::new();
    let address = world.running.address();
    let (_begun, goes_on) = world.hang();
    assert_unknown(sell(address, "first"));
    let reasons = world.readiness();
    let says = ": disk: the disk does not answer";
    assert!(reasons.contains(says), "{reasons}");
    let line = "the disk of the outbox does not answer; until it does, nothing is queued or sent";
    assert!(logs::count(&["ERROR", line]) > 0);

    goes_on.send(()).unwrap();
    let begun = std::time::Instant::now();
    while world.readiness().contains(says) {
        assert!(begun.elapsed() < PATIENCE, "it is over");
    }
    let line = "the disk of the outbox answers again";
    assert!(logs::count(&["WARN", line]) > 0);
    assert_eq!(sell(address, "first").0, 202, "it was queued meanwhile");
}

#[test]
fn a_store_that_is_told_to_stop_answers_and_ends_though_the_disk_of_its_outbox_hangs() {
    let mut world = World::new();
    let address = world.running.address();
    assert_eq!(sell(address, "first").0, 202);
    let (begun, _goes_on) = world.hang();
    let second = thread::spawn(move || sell(address, "second"));
    begun.recv().unwrap();
    world.running.stop();
    assert_unknown(second.join().unwrap());
    let ended = async { tokio::time::timeout(PATIENCE, world.running.ended()).await };
    let ended = world.runtime.block_on(ended).expect("the stop is bounded");
    let waited = DISK_PATIENCE * 2;
    let part = "the outbox";
    assert_eq!(ended, Err(EndError::GivenUp(GivenUp { part, waited })));
    let line = "the outbox had not ended after 200ms and was given up: what was answered is on disk, and what was \
                not is unknown until the next start";
    assert_eq!(logs::count(&["ERROR", line]), 1);

    // As the next start finds it, if nothing of the rest ever gets there.
    let left = Directory::lock(Arc::new(world.disk.fork()))
        .unwrap()
        .unwrap();
    let limits = OutboxLimits::default();
    let (outbox, _) = DurableOutbox::open(&left, limits, Default::default()).unwrap();
    assert_eq!(outbox.outbox().queued_count(), 1);
}
