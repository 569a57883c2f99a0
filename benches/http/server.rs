//! The processes that are measured.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// The argument that makes this program the bare server.
pub(crate) const BARE: &str = "--bare";

/// A server that dies with this value.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    process: Child,
    /// Where the files of a central are.
    directory: Option<TempDir>,
}

impl Server {
    pub(crate) fn bare() -> Self {
        let myself = std::env::current_exe().expect("the system knows what runs");
        Self::start(Command::new(myself).arg(BARE), None)
    }

    /// A central on an empty directory of the file system that holds the binary, which is no memory disk.
    pub(crate) fn central(binary: &Path) -> Self {
        let beside = binary.parent().expect("a binary is in a folder");
        let directory = tempfile::tempdir_in(beside).expect("the build folder can be written to");
        let mut command = Command::new(binary);
        command
            .env("PORT", "0")
            .env("DATA_DIR", directory.path())
            .env("RATE_TOKENS", "0")
            .env("DRAIN", "0s")
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", "off");
        Self::start(&mut command, Some(directory))
    }

    fn start(command: &mut Command, directory: Option<TempDir>) -> Self {
        let mut process = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server is there");
        let out = process.stdout.take().expect("it is piped");
        let mut line = String::new();
        let read = BufReader::new(out).read_line(&mut line);
        read.expect("the server says where it listens");
        let address = line.trim_end().rsplit_once("http://");
        let (_, address) = address.unwrap_or_else(|| panic!("no address in {line:?}"));
        Self {
            address: address.parse().expect("an address and a port"),
            process,
            directory,
        }
    }

    /// Where the files of a central are.
    pub(crate) fn directory(&self) -> &Path {
        let directory = self.directory.as_ref();
        directory.expect("it is a central").path()
    }

    /// Bytes of memory that the process has in use.
    pub(crate) fn resident_bytes(&self) -> u64 {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(path).expect("the process runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
        let kib: u64 = number
            .and_then(|number| number.parse().ok())
            .expect("Linux says it in kB");
        kib * 1024
    }
}

/// A store's process, which may be stopped and started again on the same directory.
pub(crate) struct Store {
    /// A program and its arguments.
    command: Vec<OsString>,
    central: SocketAddr,
    id: String,
    directory: TempDir,
    server: Option<Server>,
}

impl Store {
    pub(crate) fn following(binary: &Path, central: SocketAddr, number: usize) -> Self {
        Self::following_under(&[], binary, central, number)
    }

    /// As [`Self::following`], started by a command, which becomes the store.
    pub(crate) fn following_under(
        under: &[&str],
        binary: &Path,
        central: SocketAddr,
        number: usize,
    ) -> Self {
        let beside = binary.parent().expect("a binary is in a folder");
        let directory = tempfile::tempdir_in(beside).expect("the build folder can be written to");
        let mut store = Self {
            command: under
                .iter()
                .map(|word| OsString::from(*word))
                .chain([binary.as_os_str().to_owned()])
                .collect(),
            central,
            id: format!("store-{number}"),
            directory,
            server: None,
        };
        store.start();
        store
    }

    pub(crate) fn start(&mut self) {
        let mut command = Command::new(&self.command[0]);
        command
            .args(&self.command[1..])
            .env("PORT", "0")
            .env("STORE_ID", &self.id)
            .env("CENTRAL_URL", format!("http://{}", self.central))
            .env("DATA_DIR", self.directory.path())
            .env("LOG_LEVEL", "error")
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", "off");
        self.server = Some(Server::start(&mut command, None));
    }

    /// Kills it once it has saved a copy, which it will go on from.
    pub(crate) fn stop(&mut self) {
        while !self.directory.path().join("store_offset.json").exists() {
            std::thread::yield_now();
        }
        self.server = None;
    }

    /// Where its files are.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn server(&self) -> &Server {
        self.server.as_ref().expect("it was started")
    }
}

impl Server {
    /// What the process has had written to disks.
    pub(crate) fn written_bytes(&self) -> u64 {
        let path = format!("/proc/{}/io", self.process.id());
        let io = std::fs::read_to_string(path).expect("the process runs");
        let line = io
            .lines()
            .find_map(|line| line.strip_prefix("write_bytes: "));
        let bytes = line.and_then(|bytes| bytes.trim().parse().ok());
        bytes.expect("Linux counts them")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which whoever measured has noticed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
