//! Refused starts, and the exit status that says why.

use std::fs;
use std::process::Output;

use crate::process::{Program, call, command};

fn refused(output: &Output, status: i32, says: &str) {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(said.contains(says), "{said}");
}

#[test]
fn a_start_that_is_refused_says_why_in_words_and_by_its_status() {
    let data = tempfile::tempdir().unwrap();
    let output = command(data.path()).env("PORT", "http").output().unwrap();
    refused(&output, 2, "PORT must be a port");

    let central = Program::start(&mut command(data.path()));
    refused(&command(data.path()).output().unwrap(), 3, "in use");
    let body = r#"{"storeId":"n","productId":"p","delta":1,"version":null,"idempotencyKey":"k"}"#;
    for number in 0..3 {
        let body = body.replace("\"k\"", &format!("\"k{number}\""));
        let answer = call(central.address(), "POST", "/inventory/updates", &body);
        assert_eq!(answer.unwrap().0, 200);
    }
    let taken = central.address().rsplit_once(':').unwrap().1.to_owned();
    let elsewhere = tempfile::tempdir().unwrap();
    let output = command(elsewhere.path())
        .env("PORT", taken)
        .output()
        .unwrap();
    refused(&output, 5, "cannot be bound");
    assert!(central.terminate().success());

    let log = data.path().join("events.log.jsonl");
    let whole = fs::read_to_string(&log).unwrap();
    let second = whole
        .lines()
        .position(|line| line.contains("\"k1\""))
        .unwrap();
    let damaged: Vec<_> = whole
        .lines()
        .enumerate()
        .filter(|(at, _)| *at != second)
        .map(|(_, line)| line)
        .collect();
    fs::write(&log, damaged.join("\n") + "\n").unwrap();
    fs::remove_file(data.path().join("state.json")).unwrap();
    refused(&command(data.path()).output().unwrap(), 4, "damaged");
    let (_, behind) = whole.split_once(',').unwrap();
    fs::write(&log, format!("{{\"format\":99,{behind}")).unwrap();
    refused(&command(data.path()).output().unwrap(), 6, "format 99");
}
