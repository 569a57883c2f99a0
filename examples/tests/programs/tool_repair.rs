//! Repair of time (`inventory repair time`), and what central makes of a log before and after it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use inventory_core::conformance::{adjust, count};
use inventory_core::engine::{Engine, Opened, Settings};
use inventory_core::machine::Request;
use inventory_core::ports::{Clock, Ports};
use inventory_core::vocabulary::{Timestamp, Uptime};
use inventory_log::SystemClock;
use inventory_log::file::{self, FileOptions};
use serde_json::json;

use crate::process::{Program, call, command};
use crate::tool::{add, content, inventory, text};

/// A clock that is wrong.
struct Wrong(Timestamp);

impl Clock for Wrong {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn uptime(&self) -> Uptime {
        SystemClock.uptime()
    }
}

/// Puts ten units of tea into a directory, and sells one, by a clock that says so.
fn written(dir: &Path, at: &str) {
    let store = file::open(dir, FileOptions::default()).unwrap();
    let clock = Arc::new(Wrong(at.parse().unwrap()));
    let ports = Ports {
        clock,
        ..store.into_ports()
    };
    let Opened {
        mut engine,
        mut snapshotter,
        ..
    } = Engine::open(ports, Settings::default()).unwrap();
    let mut ask = |key: &str, command| {
        let request = Request::new(key.parse().unwrap(), vec![command]).unwrap();
        engine.submit([&request]).unwrap().remove(0).unwrap();
    };
    ask("opening", count("tea", "north", 10));
    snapshotter.save().unwrap();
    ask("sale", adjust("tea", "north", -1));
}

fn tea(address: &str) -> u64 {
    let (_, tea) = call(address, "GET", "/inventory/tea", "").unwrap();
    tea["available"].as_u64().unwrap()
}

#[test]
fn a_clock_that_is_years_ahead_of_the_log_ends_with_status_8_and_no_repair() {
    let data = tempfile::tempdir().unwrap();
    written(data.path(), "2020-01-01T00:00:00.000Z");
    let before = content(data.path());
    let refused = command(data.path()).output().unwrap();
    assert_eq!(refused.status.code(), Some(8), "{refused:?}");
    let said = inventory(&["repair", "time", text(data.path()), "--yes"]);
    assert_eq!(said.status, 8, "{}", said.err);
    assert_eq!(content(data.path()), before, "nothing was changed");
    // What is restored of such a log says the same, and is as good.
    let elsewhere = tempfile::tempdir().unwrap();
    let restored = elsewhere.path().join("restored");
    let restoring = inventory(&["restore", text(data.path()), text(&restored)]);
    assert_eq!(restoring.status, 0, "{}", restoring.err);
    let (_, accept) = restoring.out.trim().rsplit_once("ACCEPT_TIME=").unwrap();
    let central = Program::start(command(&restored).env("ACCEPT_TIME", accept));
    assert_eq!(tea(central.address()), 9);
    assert!(central.terminate().success());
    let (_, accept) = said.err.trim().rsplit_once("ACCEPT_TIME=").unwrap();
    let central = Program::start(command(data.path()).env("ACCEPT_TIME", accept));
    add(central.address(), "tea", "years later", json!({}));
    assert_eq!(tea(central.address()), 10);
    assert!(central.terminate().success());
    let central = Program::start(&mut command(data.path()));
    assert!(central.terminate().success());
    assert_eq!(inventory(&["repair", "time", text(data.path())]).status, 0);
}

#[test]
fn a_log_that_is_ahead_is_set_back_and_sells_by_the_right_time() {
    let data = tempfile::tempdir().unwrap();
    let dir = text(data.path());
    written(data.path(), "2099-01-01T00:00:00.000Z");
    let central = Program::start(&mut command(data.path()));
    add(central.address(), "tea", "late", json!({}));
    let said = inventory(&["repair", "time", dir]);
    assert!(
        said.status == 0 && said.out.contains("stop central first"),
        "{}",
        said.out
    );
    let said = inventory(&["repair", "time", dir, "--yes"]);
    assert_eq!(said.status, 3, "{}", said.err);
    assert!(central.terminate().success());

    let before = content(data.path());
    let said = inventory(&["repair", "time", dir]);
    assert!(
        said.out.contains("nothing was changed") && said.out.contains("--yes"),
        "{}",
        said.out
    );
    let said = inventory(&["repair", "time", dir, "-o", "json"]).json();
    assert_eq!(
        (&said["done"], &said["inUse"]),
        (&false.into(), &false.into())
    );
    for (to, status) in [("2100-01-01T00:00:00Z", 8), ("2020-01-01T00:00:00Z", 2)] {
        let said = inventory(&["repair", "time", dir, "--to", to, "--yes"]);
        assert_eq!(said.status, status, "{}", said.err);
    }
    assert_eq!(content(data.path()), before, "nothing was changed");

    let repaired = inventory(&["repair", "time", dir, "--yes", "-o", "json"]);
    assert_eq!(repaired.status, 0, "{}", repaired.err);
    let repaired = repaired.json();
    assert_eq!(
        (&repaired["done"], &repaired["replaces"]),
        (&true.into(), &said["epoch"])
    );
    let again = inventory(&["repair", "time", dir, "--yes"]);
    assert!(
        again.status == 0 && again.out.contains("not ahead"),
        "{}",
        again.out
    );
    for command in ["verify", "stat"] {
        assert_eq!(inventory(&[command, dir]).status, 0);
    }

    let central = Program::start(&mut command(data.path()));
    assert_eq!(tea(central.address()), 10);
    add(central.address(), "tea", "late", json!({}));
    assert_eq!(tea(central.address()), 10, "its key is remembered");
    add(central.address(), "tea", "now", json!({}));
    assert_eq!(tea(central.address()), 11);
    let stat = inventory(&["stat", dir, "-o", "json"]).json();
    assert_eq!(
        (&stat["epoch"], &stat["replaces"]),
        (&repaired["epoch"], &said["epoch"])
    );
    let recorded_at: Timestamp = stat["recordedAt"].as_str().unwrap().parse().unwrap();
    assert!(recorded_at <= SystemClock.now(), "{stat}");
    assert!(central.terminate().success());
}

#[test]
fn a_repair_that_was_killed_is_run_again() {
    for moment in 0..16 {
        let data = tempfile::tempdir().unwrap();
        let dir = text(data.path());
        written(data.path(), "2099-01-01T00:00:00.000Z");
        let mut repair = Command::new(env!("CARGO_BIN_EXE_inventory"))
            .args(["repair", "time", dir, "--yes"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Somewhere in its course: which call that is, the simulated disk tells for each of them.
        thread::park_timeout(Duration::from_millis(2 * moment));
        repair.kill().unwrap();
        repair.wait().unwrap();
        let said = inventory(&["repair", "time", dir, "--yes"]);
        assert_eq!(said.status, 0, "{}", said.err);
        let central = Program::start(&mut command(data.path()));
        assert_eq!(tea(central.address()), 9);
        add(central.address(), "tea", "now", json!({}));
        let stat = inventory(&["stat", dir, "-o", "json"]).json();
        let recorded_at: Timestamp = stat["recordedAt"].as_str().unwrap().parse().unwrap();
        assert!(recorded_at <= SystemClock.now(), "{stat}");
        assert!(central.terminate().success());
        assert_eq!(inventory(&["verify", dir]).status, 0);
    }
}
