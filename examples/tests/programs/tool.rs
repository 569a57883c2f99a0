//! Operator's tool, and a central to use it on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::process::{Program, call, command};

/// What the tool has said.
pub(crate) struct Said {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// The answer as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}{}", self.out, self.err))
    }

    /// Each line of the answer as JSON.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<Value> {
        let lines = self.out.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// Runs the tool.
pub(crate) fn inventory(arguments: &[&str]) -> Said {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_inventory"))
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Said {
        status: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The names and bytes of all files.
pub(crate) fn content(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries
        .map(|path| (path.clone(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

/// Adds a unit, and expects that it is done.
pub(crate) fn add(address: &str, product: &str, key: &str, more: Value) {
    let mut body = json!({
        "storeId": "north", "productId": product, "delta": 1, "version": null, "idempotencyKey": key,
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let answer = call(address, "POST", "/inventory/updates", &body.to_string());
    assert_eq!(answer.unwrap().0, 200, "{key}");
}

/// A directory of a central that has sold a little, and was stopped twice: it has both snapshots.
pub(crate) fn sold(dir: &Path) {
    let central = Program::start(&mut command(dir));
    add(central.address(), "p0", "first", json!({}));
    assert!(central.terminate().success());
    let central = Program::start(&mut command(dir));
    for number in 1..20 {
        let product = format!("p{}", number % 4);
        add(
            central.address(),
            &product,
            &format!("k{number}"),
            json!({}),
        );
    }
    let said = json!({"reference": "order-7", "reason": "receipt"});
    add(central.address(), "tea", "with-reference", said);
    assert!(central.terminate().success());
}
