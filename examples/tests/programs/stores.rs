//! Start of a store: one that starts, and one that may not.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use inventory_log::testing::HangingFile;
use serde_json::Value;

use crate::process::{Program, call, command, store_command};

/// Looks at a store's status until it is as it should be.
pub(crate) fn wait(store: &str, is_so: impl Fn(&Value) -> bool) {
    loop {
        let status = call(store, "GET", "/store/status", "");
        if status.is_some_and(|(_, status)| is_so(&status)) {
            return;
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_store_that_may_not_start_says_why_in_words_and_by_its_status() {
    let data = tempfile::tempdir().unwrap();
    let nowhere = "127.0.0.1:1";
    let refused = |name: &str, value: &str, status: i32, says: &str| {
        let mut command = store_command(data.path(), nowhere);
        let output = command.env(name, value).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{said}");
        assert!(said.contains(says), "{said}");
    };
    refused("STORE_ID", "", 2, "STORE_ID is set, and empty");
    refused("BIND", "0.0.0.0", 2, "STORE_API_KEYS must have keys");
    refused("CENTRAL_URL", "central", 2, "CENTRAL_URL must be");

    let store = Program::start(&mut store_command(data.path(), nowhere));
    refused("PORT", "0", 3, "in use");
    let sale =
        r#"{"storeId":"north","productId":"p","delta":1,"version":null,"idempotencyKey":"k"}"#;
    for number in 0..3 {
        let sale = sale.replace("\"k\"", &format!("\"k{number}\""));
        let answer = call(store.address(), "POST", "/store/inventory/updates", &sale);
        assert_eq!(answer.unwrap().0, 202, "central is away from the start");
    }
    assert!(store.terminate().success());

    let path = data.path().join("outbox.log.jsonl");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 20;
    bytes[middle] ^= 1;
    fs::write(&path, &bytes).unwrap();
    refused("PORT", "0", 4, "outbox.log.jsonl, line 2");
    assert_eq!(fs::read(&path).unwrap(), bytes, "nothing was changed");
}

#[test]
fn a_store_that_is_told_to_stop_ends_with_a_status_of_its_own_though_its_disk_hangs() {
    let (of_central, of_store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let central = Program::start(&mut command(of_central.path()));
    let copy = of_store.path().join("store_state.json.tmp");
    let _hanging = HangingFile::new(&copy);
    let mut command = store_command(of_store.path(), central.address());
    let (store, lines) = Program::start_heard(&mut command);
    wait(store.address(), |status| status["stale"] == false);
    assert_eq!(store.terminate().code(), Some(9));
    let says =
        "saving the copy had not ended after 10s and was given up: what was answered is on disk";
    lines.wait_for(says);
    lines.wait_for(&format!("store: {says}"));
    assert!(central.terminate().success());
}

/// Whether a process has asked to be told of SIGTERM.
fn hears_of_sigterm(id: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = u64::from_str_radix(caught.unwrap().trim(), 16).unwrap();
    caught & (1 << (15 - 1)) != 0
}

/// Tells a program to stop as soon as it listens, and returns its status; `None` when it does not end.
fn status_of_a_start_that_is_stopped(command: &mut Command) -> Option<i32> {
    let mut program = command.spawn().unwrap();
    let begun = Instant::now();
    let mut told = false;
    let ended = loop {
        if !told && hears_of_sigterm(program.id()) {
            let id = program.id().to_string();
            assert!(Command::new("kill").arg(id).status().unwrap().success());
            told = true;
        }
        let ended = program.try_wait().unwrap();
        if ended.is_some() || begun.elapsed() > Duration::from_secs(20) {
            break ended;
        }
        std::thread::yield_now();
    };
    let _ = program.kill();
    let _ = program.wait();
    ended.and_then(|ended| ended.code())
}

#[test]
fn a_program_that_is_told_to_stop_while_it_starts_ends_though_its_disk_hangs() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path();
    let _outbox = HangingFile::new(&path.join("outbox.log.jsonl"));
    let _log = HangingFile::new(&path.join("events.log.jsonl"));
    let mut store = store_command(path, "127.0.0.1:1");
    assert_eq!(status_of_a_start_that_is_stopped(&mut store), Some(0));
    assert_eq!(
        status_of_a_start_that_is_stopped(&mut command(path)),
        Some(0)
    );
}

#[test]
fn a_store_that_starts_alone_serves_its_last_state() {
    let (of_central, of_store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let central = Program::start(&mut command(of_central.path()));
    let sync = r#"{"storeId":"north","mode":"overwrite","products":[{"id":"tea","qty":5}]}"#;
    assert_eq!(
        call(central.address(), "POST", "/inventory/sync", sync)
            .unwrap()
            .0,
        200
    );
    let store = Program::start(&mut store_command(of_store.path(), central.address()));
    wait(store.address(), |status| {
        status["lastOffset"] == 1 && status["stale"] == false
    });
    assert!(store.terminate().success());
    let address = central.address().to_owned();
    assert!(central.terminate().success());
    let store = Program::start(&mut store_command(of_store.path(), &address));
    let tea = call(store.address(), "GET", "/store/inventory/tea", "")
        .unwrap()
        .1;
    assert_eq!(
        (&tea["storeQuantity"], &tea["stale"]),
        (&5.into(), &true.into())
    );
}
