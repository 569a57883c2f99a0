//! A disk that does not answer, and an engine that ends while nobody waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use inventory_core::machine::{Entry, Head};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{
    AppendError, Clock, EventLog, LoadError, Loaded, LogReader, Ports, Saved, Snapshot,
    SnapshotStore, StorageError,
};
use inventory_core::vocabulary::{Epoch, Sequence, Timestamp, Uptime};
use inventory_http::central::Settings;
use inventory_http::server::EndError;
use serde_json::json;

use crate::client::Reply;
use crate::lines::{listen, logged};
use crate::world::{World, engine_failed, settings};

/// How an append that hangs ends.
#[derive(Debug)]
enum End {
    Answers,
    Fails,
    Panics,
}

/// A log whose first append hangs until the test says how it ends.
struct HangingLog {
    log: Box<dyn EventLog>,
    hang: Option<(Sender<()>, Receiver<End>)>,
}

impl EventLog for HangingLog {
    fn epoch(&self) -> Epoch {
        self.log.epoch()
    }

    fn head(&self) -> Head {
        self.log.head()
    }

    fn append(&mut self, expected: Sequence, entries: &[Arc<Entry>]) -> Result<(), AppendError> {
        let end = self.hang.take().map_or(End::Answers, |(says, ends)| {
            says.send(()).unwrap();
            ends.recv().unwrap()
        });
        match end {
            End::Answers => self.log.append(expected, entries),
            End::Fails => Err(AppendError::OutcomeUnknown {
                cause: "a sync that failed".into(),
            }),
            End::Panics => panic!("a bug"),
        }
    }

    fn reader(&self) -> Arc<dyn LogReader> {
        self.log.reader()
    }

    fn purge(&mut self, through: Sequence) -> Result<(), StorageError> {
        self.log.purge(through)
    }

    fn restart(&mut self, head: Head, epoch: Epoch) -> Result<(), StorageError> {
        self.log.restart(head, epoch)
    }
}

/// The hand on a disk that hangs.
struct Hang {
    begun: Receiver<()>,
    ends: Sender<End>,
}

impl Hang {
    fn of(ports: Ports) -> (Self, Ports) {
        let ((says, begun), (ends, waits)) = (channel(), channel());
        let log = HangingLog {
            log: ports.log,
            hang: Some((says, waits)),
        };
        let ports = Ports {
            log: Box::new(log),
            ..ports
        };
        (Self { begun, ends }, ports)
    }
}

fn impatient() -> Settings {
    let mut settings = settings(&[]);
    settings.service.disk_patience = Duration::from_millis(100);
    settings
}

fn update(key: &str) -> String {
    json!({ "storeId": "north", "productId": "tea", "delta": 1, "version": null, "idempotencyKey": key })
        .to_string()
}

fn post(world: &World, key: &str) -> Reply {
    world.post("/inventory/updates", &update(key))
}

#[track_caller]
fn assert_unavailable(reply: &Reply, says: &str) {
    assert_eq!(reply.error().1, "unavailable");
    let message = reply.json()["message"].to_string();
    assert!(message.contains(says), "{message}");
    assert!(reply.header("retry-after").is_some());
}

fn becomes_ready(world: &World) -> bool {
    (0..10_000).any(|_| world.get("/readyz").json()["status"] == "ready")
}

#[test]
fn a_disk_that_hangs_is_reported_and_nobody_waits_for_it() {
    listen();
    let (hang, ports) = Hang::of(MemoryStorage::new().ports());
    let world = World::on(ports, &impatient());
    thread::scope(|scope| {
        let begun = scope.spawn(|| post(&world, "begun"));
        hang.begun.recv().unwrap();
        let waiting = scope.spawn(|| post(&world, "waiting"));
        assert_unavailable(&begun.join().unwrap(), "unknown");
        assert_unavailable(&waiting.join().unwrap(), "nothing was");
    });
    let ready = world.get("/readyz");
    assert_eq!(
        (ready.status, &ready.json()["status"]),
        (200, &json!("degraded"))
    );
    let reason = ready.json()["reasons"][0].to_string();
    assert!(reason.contains("the disk has not answered for"), "{reason}");
    assert_unavailable(&post(&world, "late"), "nothing was done");
    assert_eq!(world.get("/inventory").status, 200);
    let metrics = String::from_utf8(world.get("/metrics").body).unwrap();
    assert!(
        metrics.contains("inventory_disk_silences_total 1"),
        "{metrics}"
    );
    assert!(metrics.contains("inventory_disk_silent_ms "), "{metrics}");

    hang.ends.send(End::Answers).unwrap();
    assert!(becomes_ready(&world));
    let settled = post(&world, "begun");
    assert_eq!(
        (settled.status, settled.header("idempotent-replayed")),
        (200, Some("true"))
    );
    for key in ["waiting", "late"] {
        let fresh = post(&world, key);
        assert_eq!(
            (fresh.status, fresh.header("idempotent-replayed")),
            (200, None)
        );
    }
    assert_eq!(world.head(), 3);
    let logged = logged();
    assert!(logged.contains("the disk does not answer"), "{logged}");
    assert!(logged.contains("the disk answers again"), "{logged}");
}

/// A store of snapshots that hangs until the test is gone.
struct HangingSnapshots {
    snapshots: Box<dyn SnapshotStore>,
    until: Receiver<()>,
}

impl SnapshotStore for HangingSnapshots {
    fn save(&mut self, snapshot: &Snapshot) -> Result<Saved, StorageError> {
        let _ = self.until.recv();
        self.snapshots.save(snapshot)
    }

    fn load(&mut self) -> Result<Option<Loaded>, LoadError> {
        self.snapshots.load()
    }
}

#[track_caller]
fn assert_given_up(ended: Result<(), EndError>, part: &str) {
    let Err(EndError::GivenUp(given_up)) = ended else {
        panic!("{ended:?}");
    };
    let waited = Duration::from_millis(200);
    assert_eq!((given_up.part, given_up.waited), (part, waited));
    let line = format!(
        "{part} had not ended after 200ms and was given up: what was answered is on disk, and what was not is \
         unknown until the next start"
    );
    let lines = logged();
    let said: Vec<_> = lines.lines().filter(|one| one.contains(&line)).collect();
    assert!(said.len() == 1 && said[0].contains("ERROR"), "{said:?}");
}

#[test]
fn a_service_that_is_told_to_stop_answers_and_ends_though_its_disk_hangs() {
    listen();
    let storage = MemoryStorage::new();
    let (hang, ports) = Hang::of(storage.ports());
    let mut world = World::on(ports, &impatient());
    // What hangs ends before what waits for it, however the test does.
    let hang = hang;
    let (mut client, body) = (world.client(), update("begun"));
    thread::scope(|scope| {
        let begun = scope.spawn(|| client.call("POST", "/inventory/updates", &[], Some(&body)));
        hang.begun.recv().unwrap();
        world.tell_to_stop();
        assert_unavailable(&begun.join().unwrap(), "unknown");
    });
    assert_given_up(world.ends(), "what the writer has taken");
    hang.ends.send(End::Answers).unwrap();
}

#[test]
fn a_service_that_is_told_to_stop_ends_though_its_last_snapshot_hangs() {
    listen();
    let (until_dropped, until) = channel();
    let ports = MemoryStorage::new().ports();
    let ports = Ports {
        snapshots: Box::new(HangingSnapshots {
            snapshots: ports.snapshots,
            until,
        }),
        ..ports
    };
    let mut world = World::on(ports, &impatient());
    // What hangs ends before what waits for it, however the test does.
    let until_dropped = until_dropped;
    world.adjust("tea", "north", 1, "k1");
    world.tell_to_stop();
    assert_given_up(world.ends(), "the last snapshot");
    drop(until_dropped);
}

#[test]
fn a_sync_that_fails_after_a_hang_ends_the_service_though_nobody_waits_for_it() {
    let (hang, ports) = Hang::of(MemoryStorage::new().ports());
    let world = World::on(ports, &impatient());
    assert_unavailable(&post(&world, "begun"), "unknown");
    hang.begun.recv().unwrap();
    hang.ends.send(End::Fails).unwrap();
    assert_eq!(world.ended(), engine_failed());
}

#[test]
fn an_engine_that_fails_once_the_service_was_told_to_stop_is_why_it_has_ended() {
    let (hang, ports) = Hang::of(MemoryStorage::new().ports());
    let mut world = World::on(ports, &settings(&[]));
    let (mut client, body) = (world.client(), update("begun"));
    let asking = thread::spawn(move || client.call("POST", "/inventory/updates", &[], Some(&body)));
    hang.begun.recv().unwrap();
    world.tell_to_stop();
    hang.ends.send(End::Fails).unwrap();
    assert_unavailable(&asking.join().unwrap(), "unknown");
    assert_eq!(world.ends(), engine_failed());
}

#[test]
fn a_panic_of_the_engine_is_an_unknown_outcome_and_ends_the_service() {
    let (hang, ports) = Hang::of(MemoryStorage::new().ports());
    let world = World::on(ports, &settings(&[]));
    hang.ends.send(End::Panics).unwrap();
    assert_unavailable(&post(&world, "begun"), "unknown");
    assert_eq!(world.ended(), engine_failed());
}

#[test]
fn a_request_that_took_long_and_one_that_could_not_be_answered_are_spoken_of() {
    listen();
    let (hang, ports) = Hang::of(MemoryStorage::new().ports());
    let mut patient = settings(&[]);
    patient.service.disk_patience = Duration::from_secs(20);
    let world = World::on(ports, &patient);
    let set = |client: &mut crate::client::Client| {
        let alert = r#"{"low":1,"replenished":2}"#;
        client.call("PUT", "/alerts/north/tea", &[], Some(alert))
    };
    thread::scope(|scope| {
        let slow = scope.spawn(|| set(&mut world.client()));
        hang.begun.recv().unwrap();
        // Nothing comes: this is a wait, for longer than a request may take unnoticed.
        let waited = hang.begun.recv_timeout(Duration::from_millis(1_100));
        assert!(waited.is_err());
        hang.ends.send(End::Answers).unwrap();
        assert_eq!(slow.join().unwrap().status, 200);
    });
    let line = |says: &str, route: &str| {
        let lines = logged();
        let found = lines
            .lines()
            .find(|line| line.contains(says) && line.contains(route));
        found.map(str::to_owned)
    };
    let slow = line("a request took long", "/alerts/{storeId}/{productId}").unwrap();
    for part in ["WARN", "method=\"PUT\"", "status=200", "took_ms=1"] {
        assert!(slow.contains(part), "{part} in {slow}");
    }
    world.stop().unwrap();

    let (hang, ports) = Hang::of(MemoryStorage::new().ports());
    let world = World::on(ports, &settings(&[]));
    hang.ends.send(End::Fails).unwrap();
    assert_eq!(set(&mut world.client()).status, 503);
    let wrong = line(
        "a request could not be answered",
        "/alerts/{storeId}/{productId}",
    )
    .unwrap();
    for part in ["WARN", "status=503", "times=1"] {
        assert!(wrong.contains(part), "{part} in {wrong}");
    }
    assert_eq!(world.ended(), engine_failed());
}

/// A clock that breaks once.
struct BreakingClock {
    clock: Arc<dyn Clock>,
    breaks: Arc<AtomicBool>,
}

impl Clock for BreakingClock {
    fn now(&self) -> Timestamp {
        assert!(
            !self.breaks.swap(false, Ordering::SeqCst),
            "a bug of a clock"
        );
        self.clock.now()
    }

    fn uptime(&self) -> Uptime {
        self.clock.uptime()
    }
}

#[test]
fn a_part_that_fails_in_the_background_ends_the_service_with_a_reason() {
    listen();
    let ports = MemoryStorage::new().ports();
    let breaks = Arc::new(AtomicBool::new(false));
    let clock = BreakingClock {
        clock: Arc::clone(&ports.clock),
        breaks: Arc::clone(&breaks),
    };
    let ports = Ports {
        clock: Arc::new(clock),
        ..ports
    };
    let world = World::on(ports, &settings(&[]));
    world.adjust("tea", "north", 1, "k1");
    // Only who ends what is due looks at the clock while nobody asks for anything.
    breaks.store(true, Ordering::SeqCst);
    let Err(EndError::Part(ended)) = world.ended() else {
        panic!("a part of it has failed");
    };
    let reason = "it has panicked: a bug of a clock";
    assert_eq!((ended.part, &*ended.reason), ("ending what is due", reason));
    let lines = logged();
    let line = "a part of the service has ended: the service stops part=\"ending what is due\"";
    let mut said = lines.lines().filter(|said| said.contains(line));
    assert!(said.next().is_some_and(|said| said.contains("ERROR")));
}
