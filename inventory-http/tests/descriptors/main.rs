//! A process with few descriptors: alone in it, since the limit is the whole process's.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../service/client.rs"]
mod client;
#[path = "../service/lines.rs"]
mod lines;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../service/world.rs"]
mod world;

use std::fs::File;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::client::Client;
use crate::lines::{listen, said};
use crate::world::World;

fn allow(descriptors: u64) {
    let limit = getrlimit(Resource::Nofile);
    let current = Some(descriptors.min(limit.maximum.unwrap_or(u64::MAX)));
    setrlimit(Resource::Nofile, Rlimit { current, ..limit }).unwrap();
}

/// Time that nothing is asked in.
fn passes(time: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < time {
        std::thread::yield_now();
    }
}

#[test]
fn connections_leave_descriptors_to_files_and_a_lack_of_them_is_said_once_a_second() {
    listen();
    // A limit far below CONNECTIONS_MAX.
    allow(160);
    let world = World::new();
    assert_eq!(said("the limit of open files allows fewer connections"), 1);
    allow(1_000);
    let mut idle: Vec<Client> = (0..64).map(|_| world.client()).collect();
    for client in &mut idle {
        assert_eq!(client.call("GET", "/livez", &[], None).status, 200);
    }
    assert_eq!(world.get("/inventory").status, 503);
    assert_eq!(world.get("/livez").status, 200);
    drop(idle);
    let begun = Instant::now();
    while world.get("/inventory").status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(10));
    }

    // The client has the last descriptor, and the server has none to accept it with.
    let failed = "connections could not be accepted";
    allow(200);
    let (mut client, taken) = loop {
        let mut taken = Vec::new();
        while let Ok(file) = File::open("/dev/null") {
            taken.push(file);
        }
        taken.pop();
        let client = world.client();
        // The server may have closed an earlier connection meanwhile, and have accepted this one with its descriptor.
        passes(Duration::from_millis(300));
        if said(failed) > 0 {
            break (client, taken);
        }
    };
    passes(Duration::from_millis(2_500));
    let lines = said(failed);
    assert!((2..=4).contains(&lines), "{lines} lines in 2.8 s");
    drop(taken);
    // Nobody has to connect again.
    assert_eq!(client.call("GET", "/livez", &[], None).status, 200);
}
