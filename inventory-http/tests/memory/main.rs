//! What clients that do not read cost in memory: measured of the whole process, alone in it.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../service/client.rs"]
mod client;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../service/world.rs"]
mod world;

use serde_json::json;

use crate::client::Client;
use crate::world::World;

const MIB: u64 = 1024 * 1024;

/// Memory that the process has now.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

fn sync(world: &World, store: &str, rows: std::ops::Range<usize>) {
    let rows: Vec<_> = rows
        .map(|row| json!({ "id": format!("product-{row}"), "qty": row + 1 }))
        .collect();
    let body = json!({ "storeId": store, "mode": "overwrite", "products": rows });
    assert_eq!(world.post("/inventory/sync", &body.to_string()).status, 200);
}

fn unread(world: &World, path: &str, count: usize) -> Vec<Client> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\n\r\n");
    let clients = (0..count).map(|_| {
        let mut client = world.client();
        client.send(request.as_bytes());
        client
    });
    clients.collect()
}

/// The most memory while others are served for a while, and what was written meanwhile is sold.
fn most(world: &World, what: &str) -> u64 {
    let mut client = world.client();
    let mut most = 0;
    for number in 0..2_000 {
        let body = json!({
            "storeId": "north", "productId": "product-0", "delta": 1, "version": null,
            "idempotencyKey": format!("{what}-{number}"),
        });
        let path = "/inventory/updates";
        let reply = client.call("POST", path, &[], Some(&body.to_string()));
        assert_eq!(reply.status, 200);
        most = most.max(resident());
    }
    most
}

/// Were they whole in memory, each of the snapshots would take 4 MB, of the streams 40 MB, and of the pages 5 MB. What is written
/// meanwhile takes some 50 MB by itself.
#[test]
fn who_does_not_read_takes_no_memory_to_speak_of() {
    let world = World::new();
    for store in ["north", "south", "east", "west"] {
        sync(&world, store, 0..10_000);
        sync(&world, store, 10_000..20_000);
    }
    assert_eq!(world.get("/replication/snapshot").status, 200);
    let before = most(&world, "before");

    let snapshots = unread(&world, "/replication/snapshot", 100);
    let more = most(&world, "snapshots").saturating_sub(before) / MIB;
    assert!(more < 64, "{more} MiB for snapshots");
    drop(snapshots);

    let streams = unread(&world, "/replication/stream?fromOffset=0", 100);
    let more = most(&world, "streams").saturating_sub(before) / MIB;
    assert!(more < 128, "{more} MiB for streams");
    drop(streams);

    let head = world.head();
    let parked = format!("/replication/changes?longPollSeconds=60&fromOffset={head}");
    let parked = unread(&world, &parked, 60);
    sync(&world, "fifth", 0..10_000);
    let more = most(&world, "pages").saturating_sub(before) / MIB;
    assert!(more < 128, "{more} MiB for pages");
    drop(parked);
}
