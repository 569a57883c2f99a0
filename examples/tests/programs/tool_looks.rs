//! Inspection by the tool: what it says about a directory, and that looking changes nothing.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::process::{Program, call, command};
use crate::tool::{add, content, inventory, sold, text};

#[test]
fn what_is_sound_is_verified_and_looking_changes_no_byte() {
    let data = tempfile::tempdir().unwrap();
    sold(data.path());
    let before = content(data.path());
    let dir = text(data.path());
    let verified = inventory(&["verify", dir, "-o", "json"]);
    assert_eq!(verified.status, 0, "{}{}", verified.out, verified.err);
    let verified = verified.json();
    assert_eq!(
        (&verified["damaged"], &verified["inUse"]),
        (&false.into(), &false.into())
    );
    assert_eq!(
        (&verified["events"], &verified["head"]),
        (&21.into(), &21.into())
    );
    assert!(
        verified["snapshotsCompared"].as_u64().unwrap() > 0,
        "{verified}"
    );
    assert_eq!(verified["faults"], json!([]));
    assert_eq!(inventory(&["stat", dir]).status, 0);
    assert_eq!(inventory(&["dump", dir]).status, 0);
    assert_eq!(
        inventory(&["dead-letters", "list", dir, "--all"]).out,
        "none\n"
    );
    assert_eq!(content(data.path()), before, "nothing was changed");
}

#[test]
fn a_flipped_bit_of_any_file_is_found_and_named() {
    let data = tempfile::tempdir().unwrap();
    sold(data.path());
    let dir = text(data.path());
    let flip = |file: &str, at: usize, kind: &str| {
        let path = data.path().join(file);
        let whole = fs::read(&path).unwrap();
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        fs::write(&path, &flipped).unwrap();
        let said = inventory(&["verify", dir, "-o", "json"]);
        let faults = said.json()["faults"].clone();
        let named = faults
            .as_array()
            .unwrap()
            .iter()
            .find(|fault| fault["file"] == file);
        let named = named.unwrap_or_else(|| panic!("{file}, byte {at}: {faults}"));
        assert_eq!(named["kind"], kind, "{file}, byte {at}: {faults}");
        // A snapshot has one checksum, which is at its end.
        let before = kind == "snapshot" || named["offset"].as_u64().unwrap() <= at as u64;
        assert!(before, "{file}, byte {at}: {faults}");
        assert!(!named["meaning"].as_str().unwrap().is_empty());
        assert!(!named["toDo"].as_str().unwrap().is_empty());
        assert_eq!(said.status, 4, "{}", said.err);
        assert_eq!(fs::read(&path).unwrap(), flipped, "nothing was changed");
        let table = inventory(&["verify", dir]);
        assert!(
            table.out.contains("DAMAGE") && table.out.contains("what to do"),
            "{}",
            table.out
        );
        fs::write(&path, &whole).unwrap();
        assert_eq!(
            inventory(&["verify", dir]).status,
            0,
            "{file} is whole again"
        );
    };
    let log = fs::read_to_string(data.path().join("events.log.jsonl")).unwrap();
    let of = |key: &str| log.find(&format!("\"key\":\"{key}\"")).unwrap() + 10;
    flip("events.log.jsonl", 30, "log");
    flip("events.log.jsonl", of("first"), "log");
    flip("events.log.jsonl", of("k9"), "log");
    flip("events.log.jsonl", of("with-reference"), "log");
    let snapshot = fs::read(data.path().join("state.json")).unwrap();
    for at in [20, snapshot.len() / 2, snapshot.len() - 5] {
        flip("state.json", at, "snapshot");
    }
    let older = fs::read(data.path().join("state.older.json")).unwrap();
    flip("state.older.json", older.len() / 2, "snapshot");
}

#[test]
fn a_snapshot_that_says_something_else_than_the_log_is_found() {
    let (data, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    sold(data.path());
    sold(other.path());
    fs::copy(
        other.path().join("state.json"),
        data.path().join("state.json"),
    )
    .unwrap();
    let said = inventory(&["verify", text(data.path()), "-o", "json"]);
    assert_eq!(said.status, 4);
    assert_eq!(
        said.json()["faults"][0]["kind"],
        "different",
        "{}",
        said.out
    );
}

#[test]
fn a_directory_is_verified_beside_a_running_central_under_load() {
    let data = tempfile::tempdir().unwrap();
    let central = Program::start(&mut command(data.path()));
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for client in 0..4 {
            let (address, done) = (central.address(), &done);
            scope.spawn(move || {
                let keys = (0..).map(|number| format!("c{client}-{number}"));
                for key in keys.take_while(|_| !done.load(Ordering::Relaxed)) {
                    add(address, "tea", &key, json!({}));
                }
            });
        }
        let mut before = 0;
        for _ in 0..15 {
            let said = inventory(&["verify", text(data.path()), "-o", "json"]);
            let verified = said.json();
            assert_eq!(said.status, 0, "{verified}");
            assert_eq!(verified["inUse"], true);
            let head = verified["head"].as_u64().unwrap();
            assert!(head >= before, "{head} after {before}");
            before = head;
        }
        done.store(true, Ordering::Relaxed);
        assert!(before > 0);
    });
    assert!(central.terminate().success());
}

#[test]
fn a_dump_has_whole_events_and_its_filters_hold() {
    let data = tempfile::tempdir().unwrap();
    sold(data.path());
    let dir = text(data.path());
    let all = inventory(&["dump", dir]).lines();
    let positions: Vec<_> = all
        .iter()
        .map(|event| event["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(positions, (1..=21).collect::<Vec<_>>());
    let last = all.last().unwrap();
    let said = [
        "type",
        "product",
        "store",
        "key",
        "reference",
        "actor",
        "reason",
    ];
    assert_eq!(
        said.map(|name| last[name].as_str().unwrap()),
        [
            "StockIncreased",
            "tea",
            "north",
            "with-reference",
            "order-7",
            "demo",
            "receipt"
        ]
    );
    assert_eq!(
        (&last["delta"], &last["requestSeq"]),
        (&1.into(), &21.into())
    );
    let only = |filter: &[&str]| inventory(&[&["dump", dir][..], filter].concat()).lines();
    let products = only(&["--product", "p1"]);
    assert!(products.len() == 5 && products.iter().all(|event| event["product"] == "p1"));
    assert_eq!(only(&["--store", "north"]), all);
    assert_eq!(only(&["--store", "south"]), Vec::<Value>::new());
    assert_eq!(
        only(&["--reference", "order-7"]),
        std::slice::from_ref(last)
    );
    let time = all[10]["ts"].as_str().unwrap();
    let since = all
        .iter()
        .filter(|event| event["ts"].as_str().unwrap() >= time);
    assert_eq!(only(&["--from", time]), since.cloned().collect::<Vec<_>>());
    let until = all
        .iter()
        .filter(|event| event["ts"].as_str().unwrap() <= time);
    assert_eq!(only(&["--to", time]), until.cloned().collect::<Vec<_>>());
}

#[test]
fn a_tail_shows_what_comes() {
    let data = tempfile::tempdir().unwrap();
    let central = Program::start(&mut command(data.path()));
    add(central.address(), "tea", "before", json!({}));
    let mut tail = Command::new(env!("CARGO_BIN_EXE_inventory"))
        .args(["tail", text(data.path())])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    let mut next = || {
        let event: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        event["key"].as_str().unwrap().to_owned()
    };
    assert_eq!(next(), "before");
    for key in ["one", "two"] {
        add(central.address(), "tea", key, json!({}));
        assert_eq!(next(), key);
    }
    // A new process has another file.
    assert!(central.terminate().success());
    let mut central = Program::start(&mut command(data.path()));
    add(central.address(), "tea", "three", json!({}));
    assert_eq!(next(), "three");
    central.kill();
    let central = Program::start(&mut command(data.path()));
    add(central.address(), "tea", "four", json!({}));
    assert_eq!(next(), "four");
    tail.kill().unwrap();
    tail.wait().unwrap();
    assert!(central.terminate().success());
}

#[test]
fn a_tail_whose_reader_has_gone_ends_without_an_error_though_nothing_comes() {
    let data = tempfile::tempdir().unwrap();
    sold(data.path());
    let mut tail = Command::new(env!("CARGO_BIN_EXE_inventory"))
        .args(["tail", text(data.path())])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("{\"seq\":12,"));
    drop(lines);
    let ended = tail.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
}

#[test]
fn stat_says_what_central_says() {
    let data = tempfile::tempdir().unwrap();
    let central = Program::start(&mut command(data.path()));
    for number in 0..5 {
        add(
            central.address(),
            &format!("p{number}"),
            &format!("k{number}"),
            json!({}),
        );
    }
    let stat = inventory(&["stat", text(data.path()), "-o", "json"]).json();
    let (_, changes) = call(
        central.address(),
        "GET",
        "/replication/changes?fromOffset=4",
        "",
    )
    .unwrap();
    assert_eq!(stat["epoch"], changes["epoch"]);
    assert_eq!(stat["head"], changes["nextOffset"]);
    assert_eq!(stat["chain"], changes["events"][0]["chain"]);
    assert_eq!(
        stat["stock"]["keysRememberedSince"],
        "1970-01-01T00:00:00.000Z"
    );
    let numbers = ["products", "levels", "keys", "openReservations"];
    assert_eq!(
        numbers.map(|name| stat["stock"][name].as_u64().unwrap()),
        [5, 5, 5, 0]
    );
    assert_eq!(stat["inUse"], true);
    assert!(central.terminate().success());
    let stat = inventory(&["stat", text(data.path()), "-o", "json"]).json();
    assert_eq!((&stat["inUse"], &stat["head"]), (&false.into(), &5.into()));
}

#[test]
fn every_program_says_what_it_is() {
    for program in [
        env!("CARGO_BIN_EXE_inventory"),
        env!("CARGO_BIN_EXE_central"),
        env!("CARGO_BIN_EXE_store"),
    ] {
        let ask = |argument: &str| {
            let output = Command::new(program).arg(argument).output().unwrap();
            let said = String::from_utf8(output.stdout).unwrap();
            (output.status.code().unwrap(), said)
        };
        let (status, version) = ask("--version");
        assert!(
            status == 0 && version.contains(env!("CARGO_PKG_VERSION")),
            "{version}"
        );
        let (status, help) = ask("--help");
        assert!(status == 0 && help.contains("Exit status"), "{help}");
        assert_eq!(ask("--what").0, 2);
        let is_service = !program.ends_with("inventory");
        assert_eq!(help.contains("[env: DATA_DIR]"), is_service, "{help}");
    }
    let script = inventory(&["completions", "bash"]);
    assert!(
        script.status == 0 && script.out.contains("dead-letters"),
        "{}",
        script.out
    );
}
