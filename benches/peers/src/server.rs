//! A process that serves: it ends with its value, and with this process, however that ends.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, pipe};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::side::Fallible;

/// How long a server may take to say that it serves.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is shown of a server that did not start.
const LINES_SHOWN: usize = 20;

pub(crate) struct Server {
    process: Child,
}

impl Server {
    /// Starts a server and waits for the line by which it says that it serves, which is returned.
    ///
    /// # Errors
    ///
    /// It did not start. The error has what it said last.
    pub(crate) fn start(mut command: Command, says: &str) -> Fallible<(Self, String)> {
        let (reader, writer) = pipe()?;
        command.stdin(Stdio::null()).stdout(writer.try_clone()?);
        let process = command.stderr(writer).spawn();
        let process = process.map_err(|error| format!("{command:?} was not started: {error}"))?;
        // The pipe ends when only the server has had its other end.
        drop(command);
        let server = Self { process };
        let (said, lines) = mpsc::channel();
        // Goes on when nobody listens any more: a server whose output is not read would hang.
        thread::spawn(move || {
            for line in BufReader::new(reader).lines().map_while(Result::ok) {
                let _ = said.send(line);
            }
        });
        let mut last = VecDeque::new();
        loop {
            let why = match lines.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(says) => return Ok((server, line)),
                Ok(line) => {
                    last.push_back(line);
                    if last.len() > LINES_SHOWN {
                        last.pop_front();
                    }
                    continue;
                }
                Err(RecvTimeoutError::Timeout) => "it does not say that it serves",
                Err(RecvTimeoutError::Disconnected) => "it has ended",
            };
            let last: Vec<_> = last.into();
            return Err(format!("{why}. It said:\n{}", last.join("\n")).into());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // As by Ctrl-C: PostgreSQL leaves shared memory behind when it is killed. It may have ended by itself.
        let process = Pid::from_child(&self.process);
        let _ = kill_process(process, Signal::INT);
        let _ = self.process.wait();
    }
}

/// A command that is interrupted when this process ends.
pub(crate) fn command(program: impl AsRef<OsStr>, as_user: Option<&str>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "INT"]);
    if let Some(user) = as_user {
        command.args(["--reuid", user, "--regid", user, "--init-groups"]);
    }
    command.arg("--").arg(program);
    command
}

/// A port that is free now.
pub(crate) fn free_port() -> Fallible<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}
