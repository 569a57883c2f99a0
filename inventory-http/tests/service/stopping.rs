//! A service that is told to stop, and one whose storage fails.

use std::time::Duration;

use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{
    LoadError, Loaded, Ports, Saved, Snapshot, SnapshotStore, StorageError,
};
use inventory_core::testing::{AppendFault, Faults};

use crate::lines::{listen, logged};
use crate::world::{World, engine_failed, settings};

#[test]
fn what_is_parked_is_released_with_its_offset_and_the_rest_is_finished() {
    let mut world = World::new();
    world.adjust("tea", "north", 10, "k1");
    let mut parked = world.client();
    parked.send(
        b"GET /replication/changes?fromOffset=1&longPollSeconds=60 HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\n\r\n",
    );
    let mut following = world.client();
    following
        .send(b"GET /replication/stream HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\n\r\n");
    following.head().unwrap();
    following.chunk().unwrap();
    let mut half_sent = world.client();
    let body =
        r#"{"storeId":"north","productId":"tea","delta":1,"version":null,"idempotencyKey":"k2"}"#;
    let head = format!(
        "POST /inventory/updates HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    half_sent.send(head.as_bytes());
    // The server asks for the body once it has accepted the request.
    assert_eq!(half_sent.head().unwrap().status, 100);
    let mut idle = world.client();
    assert_eq!(idle.call("GET", "/livez", &[], None).status, 200);

    world.tell_to_stop();
    let released = parked.reply().unwrap().json();
    assert_eq!(
        (
            released["nextOffset"].as_u64(),
            released["events"].as_array().unwrap().len()
        ),
        (Some(1), 0)
    );
    assert_eq!(following.chunk(), None);
    assert!(idle.is_closed());
    half_sent.send(body.as_bytes());
    assert_eq!(half_sent.reply().unwrap().status, 200);
    assert_eq!(world.ended(), Ok(()));
}

#[test]
fn a_stop_saves_what_a_start_needs() {
    let storage = MemoryStorage::new();
    let world = World::on(storage.ports(), &settings(&[]));
    world.adjust("tea", "north", 10, "k1");
    assert_eq!(world.stop(), Ok(()));
    let world = World::on(storage.ports(), &settings(&[]));
    let again = world.adjust("tea", "north", 10, "k1");
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(world.get("/inventory/tea").json()["available"], 10);
}

#[test]
fn after_an_unknown_outcome_the_service_ends_and_the_key_settles_it() {
    let storage = MemoryStorage::new();
    let faults = Faults::new();
    faults.fail_append(0, AppendFault::OutcomeUnknown { durable: 1 });
    let world = World::on(faults.wrap(storage.ports()), &settings(&[]));
    let body =
        r#"{"storeId":"north","productId":"tea","delta":10,"version":null,"idempotencyKey":"k1"}"#;
    let reply = world.post("/inventory/updates", body);
    assert_eq!(reply.error().1, "unavailable");
    assert!(reply.header("retry-after").is_some());
    assert_eq!(world.ended(), engine_failed());
    let world = World::on(storage.ports(), &settings(&[]));
    let again = world.post("/inventory/updates", body);
    assert_eq!(
        (again.status, again.header("idempotent-replayed")),
        (200, Some("true"))
    );
}

#[test]
fn a_full_disk_refuses_and_the_service_goes_on() {
    let storage = MemoryStorage::new();
    let faults = Faults::new();
    faults.fail_append(0, AppendFault::NotWritten);
    let world = World::on(faults.wrap(storage.ports()), &settings(&[]));
    let body =
        r#"{"storeId":"north","productId":"tea","delta":10,"version":null,"idempotencyKey":"k1"}"#;
    assert_eq!(world.post("/inventory/updates", body).error().0, 503);
    assert_eq!(world.get("/inventory").status, 200);
    assert_eq!(world.post("/inventory/updates", body).status, 200);
    assert_eq!(world.head(), 1);
}

#[test]
fn who_does_not_end_a_request_is_cut_off_by_a_stop_and_that_is_said() {
    listen();
    let mut hasty = settings(&[]);
    hasty.service.limits.stop_timeout = Duration::from_millis(100);
    let mut world = World::on(MemoryStorage::new().ports(), &hasty);
    let mut half_sent = world.client();
    half_sent.send(
        b"POST /inventory/updates HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\n\
          Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
    );
    // It was accepted.
    assert_eq!(half_sent.head().unwrap().status, 100);
    world.tell_to_stop();
    assert_eq!(world.ends(), Ok(()));
    let line = "some requests did not end in time and were cut off";
    let lines = logged();
    let said: Vec<_> = lines.lines().filter(|one| one.contains(line)).collect();
    assert!(!said.is_empty() && said[0].contains("WARN"), "{said:?}");
}

/// Snapshots that have a bug.
struct Panicking(Box<dyn SnapshotStore>);

impl SnapshotStore for Panicking {
    fn save(&mut self, _: &Snapshot) -> Result<Saved, StorageError> {
        panic!("a bug of the snapshots");
    }

    fn load(&mut self) -> Result<Option<Loaded>, LoadError> {
        self.0.load()
    }
}

#[test]
fn a_panic_at_the_end_is_said_and_costs_nothing_that_was_answered() {
    listen();
    let storage = MemoryStorage::new();
    let ports = storage.ports();
    let ports = Ports {
        snapshots: Box::new(Panicking(ports.snapshots)),
        ..ports
    };
    let world = World::on(ports, &settings(&[]));
    world.adjust("tea", "north", 10, "k1");
    assert_eq!(world.stop(), Ok(()));
    let line = "the end of a part has panicked; what was acknowledged is durable all the same";
    let lines = logged();
    let said: Vec<_> = lines.lines().filter(|one| one.contains(line)).collect();
    assert!(
        said.len() == 1 && said[0].contains("ERROR") && said[0].contains("the last snapshot"),
        "{said:?}"
    );
    let world = World::on(storage.ports(), &settings(&[]));
    assert_eq!(world.get("/inventory/tea").json()["available"], 10);
}

#[test]
fn a_connection_beyond_the_limit_is_refused_in_words() {
    let mut few = settings(&[("CONNECTIONS_MAX", "2")]);
    few.service.limits.stop_timeout = Duration::from_secs(1);
    few.service.limits.health_connections_max = 0;
    let world = World::on(MemoryStorage::new().ports(), &few);
    let mut first = world.client();
    let mut second = world.client();
    for client in [&mut first, &mut second] {
        assert_eq!(client.call("GET", "/livez", &[], None).status, 200);
    }
    let refused = world.client().reply().unwrap();
    assert_eq!(
        (refused.error().0, refused.header("retry-after")),
        (503, Some("1"))
    );
    drop(first);
    // The server needs a moment to notice that one has gone.
    let served = (0..1_000).any(|_| {
        let mut client = world.client();
        client.send(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
        client.reply().is_some_and(|reply| reply.status == 200)
    });
    assert!(served);
}

/// Idle connections need no key. They may keep others out, and they may not make an orchestrator kill the service.
#[test]
fn who_watches_the_service_is_answered_beyond_the_limit() {
    listen();
    let mut few = settings(&[("CONNECTIONS_MAX", "2")]);
    few.service.limits.stop_timeout = Duration::from_secs(1);
    let world = World::on(MemoryStorage::new().ports(), &few);
    let mut others = [world.client(), world.client()];
    for client in &mut others {
        assert_eq!(client.call("GET", "/livez", &[], None).status, 200);
    }
    for path in ["/livez", "/readyz", "/metrics"] {
        let mut client = world.client();
        let reply = client.call("GET", path, &[], None);
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("connection"), Some("close"), "{path}");
        assert!(client.is_closed());
    }
    let refused = world.get("/inventory");
    assert_eq!(
        (refused.error().0, refused.header("retry-after")),
        (503, Some("1"))
    );
    assert!(logged().contains("more connections than may be: all but health is refused"));
    for client in &mut others {
        assert_eq!(client.call("GET", "/inventory", &[], None).status, 200);
    }
}

/// The error of the disk is what an operator needs, and it is said once however many ask.
#[test]
fn a_disk_that_refuses_is_said_once_with_its_cause_and_shown_until_it_takes_again() {
    listen();
    let storage = MemoryStorage::new();
    let faults = Faults::new();
    let world = World::on(faults.wrap(storage.ports()), &settings(&[]));
    let write = || {
        let body = r#"{"storeId":"full","productId":"tea","delta":10,"version":null,"idempotencyKey":"k1"}"#;
        world.post("/inventory/updates", body).status
    };
    for _ in 0..10 {
        faults.fail_append(0, AppendFault::NotWritten);
        assert_eq!(write(), 503);
    }
    let ready = world.get("/readyz");
    assert_eq!(ready.status, 200);
    let reason = ready.json()["reasons"][0].as_str().unwrap().to_owned();
    assert_eq!(ready.json()["status"], "degraded");
    assert!(
        reason.starts_with("nothing can be written, since "),
        "{reason}"
    );
    let cause = reason.rsplit(": ").next().unwrap();
    let lines = logged();
    let said: Vec<_> = lines
        .lines()
        .filter(|line| line.contains("nothing can be written cause=") && line.contains(cause))
        .collect();
    // Three other tests are refused as well, and of each that is said once, too: not ten times.
    assert!((1..=4).contains(&said.len()), "{said:?}");
    assert_eq!(write(), 200);
    assert_eq!(world.get("/readyz").json()["status"], "ready");
    assert!(logged().contains("it is over: nothing can be written"));
}

#[test]
fn an_engine_that_stops_says_why() {
    listen();
    let storage = MemoryStorage::new();
    let faults = Faults::new();
    faults.fail_append(0, AppendFault::OutcomeUnknown { durable: 0 });
    let world = World::on(faults.wrap(storage.ports()), &settings(&[]));
    let body =
        r#"{"storeId":"n","productId":"tea","delta":1,"version":null,"idempotencyKey":"k1"}"#;
    assert_eq!(world.post("/inventory/updates", body).status, 503);
    assert_eq!(world.ended(), engine_failed());
    let lines = logged();
    let line = lines
        .lines()
        .find(|line| line.contains("the engine has stopped error="))
        .unwrap();
    let causes = line.split("must be opened again: ").nth(1);
    assert!(causes.is_some_and(|cause| !cause.is_empty()), "{line}");
}

#[test]
fn a_start_says_where_the_log_ends_and_what_was_chosen() {
    listen();
    let world = World::with(&[("CONNECTIONS_MAX", "4711")]);
    assert_eq!(world.head(), 0);
    let lines = logged();
    let line = lines
        .lines()
        .find(|line| line.contains("CONNECTIONS_MAX=4711"))
        .unwrap();
    for part in [
        "central has opened its log",
        "version=",
        "epoch=",
        "head=0",
        "opened_ms=",
        "API_KEYS=(secret)",
    ] {
        assert!(line.contains(part), "{part} of {line}");
    }
    assert!(!line.contains("demo"), "{line}");
}

#[test]
fn a_service_that_will_stop_says_so_and_serves() {
    let mut settings = settings(&[]);
    settings.service.drain = Duration::from_secs(2);
    let mut world = World::on(MemoryStorage::new().ports(), &settings);
    world.adjust("tea", "north", 1, "k1");
    world.tell_to_stop();
    let begun = std::time::Instant::now();
    while world.get("/readyz").status == 200 {
        assert!(begun.elapsed() < Duration::from_secs(1));
    }
    world.adjust("tea", "north", 1, "k2");
    assert_eq!(world.get("/inventory/tea").json()["available"], 2);
    assert_eq!(world.ended(), Ok(()));
    assert!(begun.elapsed() >= Duration::from_millis(1_500));
}
