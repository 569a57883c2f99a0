//! Descriptor limits: the programs under limits that the system sets.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::process::{Program, call, command, limited, metric, store_command};
use crate::stores::wait;

/// The soft and the hard limit of open files of a process.
fn open_files(program: &Program) -> (String, String) {
    let limits = fs::read_to_string(format!("/proc/{}/limits", program.id())).unwrap();
    let mut lines = limits.lines();
    let line = lines
        .find_map(|line| line.strip_prefix("Max open files"))
        .unwrap();
    let mut words = line.split_whitespace().map(str::to_owned);
    (words.next().unwrap(), words.next().unwrap())
}

#[test]
fn both_programs_raise_their_limit_of_open_files_as_far_as_they_may() {
    let data = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let central = command(data[0].path());
    let store = store_command(data[1].path(), "127.0.0.1:1");
    for command in [central, store] {
        let mut command = limited(&command, "ulimit -S -n 256; ulimit -H -n 512");
        let program = Program::start(&mut command);
        assert_eq!(open_files(&program), ("512".to_owned(), "512".to_owned()));
        assert!(program.terminate().success());
    }
}

/// The disk is full, as far as the store can see: no file may grow. Once there is room, it goes on by itself.
#[test]
fn a_store_whose_disk_is_full_says_so_everywhere_until_there_is_room() {
    let data = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let central = Program::start(&mut command(data[0].path()));
    let store = store_command(data[1].path(), central.address());
    let mut store = limited(&store, "trap '' XFSZ");
    let (store, lines) = Program::start_heard(&mut store);
    wait(store.address(), |status| status["stale"] == false);
    assert!(central.terminate().success());
    wait(store.address(), |status| status["connected"] == false);
    let sell = |number: u32| {
        let sale = format!(
            r#"{{"storeId":"north","productId":"p","delta":1,"version":null,"idempotencyKey":"k{number}"}}"#
        );
        call(store.address(), "POST", "/store/inventory/updates", &sale).unwrap()
    };
    for number in 0..3 {
        assert_eq!(sell(number).0, 202);
    }
    let bytes_max = |bytes: &str| {
        let (id, limit) = (store.id().to_string(), format!("--fsize={bytes}:"));
        let mut limiting = Command::new("prlimit");
        let limited = limiting.args([&*limit, "--pid", &id]).status();
        assert!(limited.unwrap().success());
    };
    bytes_max("100");
    let (status, refused) = sell(3);
    assert_eq!(status, 503, "{refused}");
    let said = refused["message"].as_str().unwrap();
    assert!(
        said.contains("the same key settles it once there is room"),
        "{said}"
    );
    let said = lines.wait_for("nothing is queued or sent until the outbox can be written anew");
    assert!(
        said.contains("os error") && said.contains("ERROR"),
        "{said}"
    );
    let blocked = |status: &Value| status["blocked"]["code"] == "disk";
    let look = |path: &str| call(store.address(), "GET", path, "").unwrap().1;
    let status = look("/store/status");
    assert!(blocked(&status), "{status}");
    let message = status["blocked"]["message"].as_str().unwrap();
    assert!(message.contains("os error"), "{status}");
    let ready = look("/readyz");
    assert_eq!(ready["status"], "degraded", "{ready}");
    let says = "nothing that is queued is sent since";
    assert!(ready["reasons"].to_string().contains(says), "{ready}");
    assert_eq!(metric(store.address(), "inventory_outbox_blocked"), 1);
    assert_eq!(sell(4).0, 503);

    bytes_max("unlimited");
    lines.wait_for("the outbox was written anew, and is used again");
    assert_eq!(sell(4).0, 202);
    let status = look("/store/status");
    assert!(!blocked(&status), "{status}");
    assert_eq!(
        status["outbox"]["queued"], 4,
        "none of those that were answered 503"
    );
    assert_eq!(metric(store.address(), "inventory_outbox_blocked"), 0);
    assert!(store.terminate().success());
}
