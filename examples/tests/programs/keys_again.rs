//! API keys that are read again while the programs run.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use crate::process::{Lines, Program, command, store_command};

/// One connection that is used again and again.
struct Connection(BufReader<TcpStream>);

impl Connection {
    fn open(program: &Program) -> Self {
        let stream = TcpStream::connect(program.address()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        Self(BufReader::new(stream))
    }

    fn ask(&mut self, path: &str, key: &str) {
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\n\r\n");
        self.0.get_mut().write_all(head.as_bytes()).unwrap();
    }

    /// The status of the next answer, whose head is read.
    fn status(&mut self) -> (u16, usize) {
        let (mut line, mut length) = (String::new(), 0);
        self.0.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        while line != "\r\n" {
            line.clear();
            self.0.read_line(&mut line).unwrap();
            let name = line.to_ascii_lowercase();
            if let Some(value) = name.strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
        }
        (status, length)
    }

    /// The status of a call.
    fn call(&mut self, path: &str, key: &str) -> u16 {
        self.ask(path, key);
        let (status, length) = self.status();
        self.0.read_exact(&mut vec![0; length]).unwrap();
        status
    }
}

/// Rewrites the file of keys, tells a program, and waits for the line that says what it made of it.
#[track_caller]
fn reread(program: &Program, lines: &Lines, file: &Path, keys: &str, says: &[&str]) {
    fs::write(file, keys).unwrap();
    program.signal("-HUP");
    let line = lines.wait_for("read again");
    for part in says {
        assert!(line.contains(part), "{part} in {line}");
    }
    assert!(!line.contains("first") && !line.contains("third"), "{line}");
}

#[test]
fn keys_are_read_again_while_connections_go_on() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("keys");
    fs::write(&file, "# who may call\nfirst=admin\n\nsecond=reader\n").unwrap();
    let mut start = command(data.path());
    let (central, lines) = Program::start_heard(start.env("API_KEYS_FILE", &file));
    let told = lines.wait_for("without a name");
    assert!(told.contains("WARN") && told.contains("keys=2"), "{told}");
    let (mut first, mut second) = (Connection::open(&central), Connection::open(&central));
    assert_eq!(first.call("/inventory", "first"), 200);
    assert_eq!(second.call("/inventory", "second"), 200);
    assert_eq!(second.call("/inventory", "third"), 401);
    let mut stream = Connection::open(&central);
    stream.ask("/replication/stream", "second");
    assert_eq!(stream.status().0, 200);

    let keys = "first=admin\nthird=reader\n";
    reread(
        &central,
        &lines,
        &file,
        keys,
        &["INFO", "added=1", "removed=1"],
    );
    assert_eq!(first.call("/inventory", "first"), 200);
    assert_eq!(second.call("/inventory", "second"), 401);
    assert_eq!(second.call("/inventory", "third"), 200);
    fs::write(
        &file,
        format!("{keys}fourth=store:a\nfifth=named@store:a\n"),
    )
    .unwrap();
    central.signal("-HUP");
    let told = lines.wait_for("without a name");
    assert!(
        told.contains("keys=3") && told.contains("admin, reader, store:a"),
        "{told}"
    );
    lines.wait_for("read again");
    // What goes on for long ends with its key.
    let mut line = String::new();
    while line != "0\r\n" {
        line.clear();
        assert!(stream.0.read_line(&mut line).unwrap() > 0);
    }

    for (garbage, says) in [
        ("first=owner\n", "line 1: a role must be"),
        ("first\nfirst\n", "a key stands twice"),
        ("# nobody\n", "there must be at least one key"),
    ] {
        reread(
            &central,
            &lines,
            &file,
            garbage,
            &["ERROR", "API_KEYS_FILE", says],
        );
        assert_eq!(first.call("/inventory", "first"), 200);
        assert_eq!(second.call("/inventory", "third"), 200);
    }
    fs::remove_file(&file).unwrap();
    central.signal("-HUP");
    let line = lines.wait_for("read again");
    assert!(
        line.contains("ERROR") && line.contains("cannot be read"),
        "{line}"
    );
    assert_eq!(first.call("/inventory", "first"), 200);
    assert!(central.terminate().success());
}

#[test]
fn a_store_reads_its_keys_again_and_keys_in_a_variable_stay() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("keys");
    fs::write(&file, "first=admin\n").unwrap();
    let place = data.path().join("store");
    let mut start = store_command(&place, "127.0.0.1:1");
    let (store, lines) = Program::start_heard(start.env("STORE_API_KEYS_FILE", &file));
    let mut connection = Connection::open(&store);
    assert_eq!(connection.call("/store/status", "first"), 200);
    reread(
        &store,
        &lines,
        &file,
        "third=admin\n",
        &["INFO", "added=1", "removed=1"],
    );
    assert_eq!(connection.call("/store/status", "first"), 401);
    assert_eq!(connection.call("/store/status", "third"), 200);
    reread(&store, &lines, &file, "", &["ERROR", "STORE_API_KEYS_FILE"]);
    assert_eq!(connection.call("/store/status", "third"), 200);
    assert!(store.terminate().success());

    let data = tempfile::tempdir().unwrap();
    let (central, lines) = Program::start_heard(&mut command(data.path()));
    central.signal("-HUP");
    let line = lines.wait_for("no file of keys");
    assert!(line.contains("WARN"), "{line}");
    assert_eq!(Connection::open(&central).call("/inventory", "demo"), 200);
    assert!(central.terminate().success());
}
