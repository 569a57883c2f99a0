//! Processes of the programs, and a client for them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// A process that ends with the test.
pub(crate) struct Program {
    child: Child,
    address: String,
}

pub(crate) fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_central"));
    command
        .env_clear()
        .env("PORT", "0")
        .env("DATA_DIR", data)
        .env("RATE_TOKENS", "0")
        .env("SNAPSHOT_INTERVAL", "50ms")
        .env("DRAIN", "0s")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "off")
        .stdin(Stdio::null());
    command
}

/// A store that follows a central.
pub(crate) fn store_command(data: &Path, central: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_store"));
    command
        .env_clear()
        .env("PORT", "0")
        .env("STORE_ID", "north")
        .env("CENTRAL_URL", format!("http://{central}"))
        .env("DATA_DIR", data)
        .env("DRAIN", "0s")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "off")
        .stdin(Stdio::null());
    command
}

/// The same under limits that the shell sets.
pub(crate) fn limited(command: &Command, limits: &str) -> Command {
    let mut limited = Command::new("/bin/sh");
    limited
        .args(["-c", &format!("{limits}; exec \"$0\"")])
        .arg(command.get_program())
        .env_clear()
        .stdin(Stdio::null());
    let chosen = command.get_envs();
    limited.envs(chosen.filter_map(|(name, value)| Some((name, value?))));
    limited
}

/// What a program logs.
pub(crate) struct Lines(Receiver<String>);

impl Lines {
    /// The next line that says so.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) -> String {
        let mut before = Vec::new();
        loop {
            match self.0.recv_timeout(Duration::from_secs(20)) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => before.push(line),
                Err(_) => panic!("{text} is not in {before:#?}"),
            }
        }
    }
}

impl Program {
    /// As [`Program::start`], and hears what it logs.
    pub(crate) fn start_heard(command: &mut Command) -> (Self, Lines) {
        let mut program = Self::start(command.stderr(Stdio::piped()));
        let logged = BufReader::new(program.child.stderr.take().unwrap());
        let (send, lines) = channel();
        // It ends with the program.
        thread::spawn(move || {
            for line in logged.lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        (program, Lines(lines))
    }

    /// `kill` with a signal.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let killed = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(killed.success());
    }

    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut said).unwrap();
        let (_, address) = said.trim().rsplit_once("://").unwrap();
        Self {
            address: address.to_owned(),
            child,
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// `kill -TERM`, and waits.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        self.signal("-TERM");
        self.child.wait().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One call on a connection of its own; `None` when the connection breaks, so that nobody knows.
pub(crate) fn call(address: &str, method: &str, path: &str, body: &str) -> Option<(u16, Value)> {
    let (status, text) = ask(address, method, path, body)?;
    Some((status, serde_json::from_str(&text).ok()?))
}

/// What a metric without attributes is.
#[track_caller]
pub(crate) fn metric(address: &str, name: &str) -> u64 {
    let (_, metrics) = ask(address, "GET", "/metrics", "").unwrap();
    let mut lines = metrics.lines().filter_map(|line| line.split_once(' '));
    let found = lines.find(|(known, _)| *known == name);
    found.unwrap().1.parse().unwrap()
}

fn ask(address: &str, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\nContent-Type: application/json\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply).ok()?;
    let (head, body) = reply.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}
