//! Backups that are made while central runs, and restores of them.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::json;

use crate::process::{Program, call, command};
use crate::tool::{add, content, inventory, sold, text};

const CLIENTS: usize = 4;

/// Units of tea in a directory, as a central on it tells.
fn tea(address: &str) -> u64 {
    let (_, tea) = call(address, "GET", "/inventory/tea", "").unwrap();
    tea["available"].as_u64().unwrap()
}

#[test]
fn a_backup_under_load_has_what_was_acknowledged_before_it_began() {
    let (data, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let central = Program::start(&mut command(data.path()));
    let acknowledged: [AtomicUsize; CLIENTS] = Default::default();
    let stop = AtomicUsize::new(0);
    let total = || {
        acknowledged
            .iter()
            .map(|of| of.load(Ordering::Relaxed))
            .sum::<usize>()
    };
    let mut backups = Vec::new();
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (address, acknowledged, stop) = (central.address(), &acknowledged[client], &stop);
            scope.spawn(move || {
                for number in 0.. {
                    if stop.load(Ordering::Relaxed) > 0 {
                        return;
                    }
                    add(address, "tea", &format!("c{client}-{number}"), json!({}));
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for number in 0..5 {
            while total() < 100 * (number + 1) {
                thread::yield_now();
            }
            let before = total();
            let to = copies.path().join(format!("backup-{number}"));
            let said = inventory(&["backup", text(data.path()), text(&to), "-o", "json"]);
            assert_eq!(said.status, 0, "{}", said.err);
            let head = said.json()["head"].as_u64().unwrap();
            // A client counts what it was answered a moment after it was.
            let after = total() + CLIENTS;
            assert!(
                before as u64 <= head && head <= after as u64,
                "{before} {head} {after}"
            );
            backups.push((to, head, said.json()["epoch"].clone()));
        }
        stop.store(1, Ordering::Relaxed);
    });
    assert!(central.terminate().success());
    for (backup, head, epoch) in backups {
        let whole = content(&backup);
        let restored = copies.path().join(format!("restored-{head}"));
        let said = inventory(&["restore", text(&backup), text(&restored), "-o", "json"]);
        assert_eq!(said.status, 0, "{}", said.err);
        let said = said.json();
        assert_eq!((&said["replaces"], &said["head"]), (&epoch, &head.into()));
        assert_eq!(
            inventory(&["stat", text(&restored), "-o", "json"]).json()["replaces"],
            epoch
        );
        assert_eq!(content(&backup), whole, "a backup stays as it is");

        let central = Program::start(&mut command(&restored));
        let address = central.address();
        assert_eq!(tea(address), head);
        // Its keys are remembered, and its past can be read.
        let body = json!({
            "storeId": "north", "productId": "tea", "delta": 1, "version": null, "idempotencyKey": "c0-0",
        });
        let again = call(address, "POST", "/inventory/updates", &body.to_string()).unwrap();
        assert_eq!((again.0, tea(address)), (200, head));
        let (status, past) = call(address, "GET", "/inventory/tea?asOf=10", "").unwrap();
        assert_eq!((status, &past["available"]), (200, &10.into()));
        // Who followed the old history is told.
        let new = said["epoch"].as_str().unwrap();
        assert_ne!(new, epoch.as_str().unwrap());
        let follow = |epoch: &str| {
            let path = format!("/replication/changes?fromOffset={head}&epoch={epoch}");
            call(address, "GET", &path, "").unwrap().0
        };
        assert_eq!((follow(epoch.as_str().unwrap()), follow(new)), (410, 200));
        add(address, "tea", "after the restore", json!({}));
        assert_eq!(tea(address), head + 1);
        assert!(central.terminate().success());
        assert_eq!(inventory(&["verify", text(&restored)]).status, 0);
    }
}

#[test]
fn a_copy_goes_nowhere_where_something_is_and_comes_from_nothing_that_is_damaged() {
    let (data, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    sold(data.path());
    let dir = text(data.path());
    let taken = copies.path().join("taken");
    fs::create_dir(&taken).unwrap();
    fs::write(taken.join("letter"), "dear").unwrap();
    let empty = copies.path().join("empty");
    fs::create_dir(&empty).unwrap();
    for command in ["backup", "restore"] {
        let said = inventory(&[command, dir, text(&taken)]);
        assert_eq!(said.status, 2, "{}", said.err);
        assert!(said.err.contains("not empty"), "{}", said.err);
        assert_eq!(content(&taken).len(), 1);
    }
    let said = inventory(&["backup", dir, text(&empty)]);
    assert_eq!(said.status, 0, "{}", said.err);

    let log = empty.join("events.log.jsonl");
    let mut bytes = fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&log, bytes).unwrap();
    let damaged = |from: &Path| {
        for command in ["backup", "restore"] {
            let to = copies.path().join(command);
            let said = inventory(&[command, text(from), text(&to)]);
            assert_eq!(said.status, 4, "{}", said.err);
            let left = fs::read_dir(copies.path()).unwrap();
            assert_eq!(left.count(), 2, "nothing is left of what was begun");
        }
    };
    damaged(&empty);
    for name in ["state.json", "state.older.json"] {
        let path = data.path().join(name);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[1..]).unwrap();
        damaged(data.path());
        fs::write(&path, whole).unwrap();
    }
    let said = inventory(&["backup", dir, text(&copies.path().join("whole"))]);
    assert_eq!(said.status, 0, "{}", said.err);
}

#[test]
fn what_cannot_be_done_is_told_by_the_status() {
    let data = tempfile::tempdir().unwrap();
    let nowhere = data.path().join("nowhere");
    for command in [
        &["verify"][..],
        &["stat"],
        &["dump"],
        &["dead-letters", "list"],
    ] {
        let said = inventory(&[command, &[text(&nowhere)][..]].concat());
        assert_eq!(said.status, 5, "{}", said.err);
        assert!(!nowhere.exists(), "looking creates nothing");
    }
    assert_eq!(inventory(&["verify"]).status, 2);
    let said = inventory(&["verify", text(data.path())]);
    assert_eq!(said.status, 5);
    assert!(said.err.contains("no log"), "{}", said.err);

    sold(data.path());
    let log = data.path().join("events.log.jsonl");
    let whole = fs::read_to_string(&log).unwrap();
    let (_, behind) = whole.split_once(',').unwrap();
    fs::write(&log, format!("{{\"format\":99,{behind}")).unwrap();
    let said = inventory(&["verify", text(data.path())]);
    assert_eq!(said.status, 6, "{}", said.err);
}

#[test]
fn a_dead_letter_is_listed_shown_and_resolved() {
    let data = tempfile::tempdir().unwrap();
    sold(data.path());
    let log = data.path().join("events.log.jsonl");
    // A stranger has written between the records.
    let whole = fs::read_to_string(&log).unwrap();
    let (first, rest) = whole.split_once('\n').unwrap();
    fs::write(&log, format!("{first}\nwho was here\n{rest}")).unwrap();
    let dir = text(data.path());
    let said = inventory(&["verify", dir, "-o", "json"]);
    assert_eq!(
        (said.status, &said.json()["faults"][0]["kind"]),
        (0, &"foreign".into())
    );
    let central = Program::start(&mut command(data.path()));

    let listed = inventory(&["dead-letters", "list", dir, "-o", "json"]).json();
    let id = listed[0]["id"].as_str().unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let shown = inventory(&["dead-letters", "show", dir, id, "-o", "json"]).json();
    assert_eq!(shown["text"], "who was here");
    assert_eq!(inventory(&["dead-letters", "show", dir, "7"]).status, 2);
    let resolve = [
        "dead-letters",
        "resolve",
        dir,
        "1",
        "--note",
        "the night shift",
    ];
    let said = inventory(&resolve);
    assert_eq!(said.status, 3, "{}", said.err);
    assert!(said.err.contains("/admin/dead-letters"), "{}", said.err);
    assert!(central.terminate().success());

    assert_eq!(inventory(&resolve).status, 0);
    assert_eq!(inventory(&["dead-letters", "list", dir]).out, "none\n");
    let all = inventory(&["dead-letters", "list", dir, "--all", "-o", "json"]).json();
    assert_eq!(all[0]["note"], "the night shift");
    assert!(inventory(&resolve).out.contains("before"));
    let central = Program::start(&mut command(data.path()));
    let (_, letters) = call(central.address(), "GET", "/admin/dead-letters", "").unwrap();
    assert_eq!(
        letters.to_string().matches("the night shift").count(),
        1,
        "{letters}"
    );
    assert!(central.terminate().success());
}
