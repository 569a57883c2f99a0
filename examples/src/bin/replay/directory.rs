//! Data directory of a replay: where the engine keeps its files, and how it is run there.

use std::fmt;
use std::path::PathBuf;

use inventory_core::engine::{Engine, Opened, Settings};
use inventory_core::machine::WindowLimits;
use inventory_core::ports::Ports;
use inventory_log::file::{self, FileOptions};

use crate::failure::Failure;

/// How the engine is run: it forgets no key and keeps every event, since a run may be continued after any time, and is
/// audited from its first event.
pub(crate) fn settings() -> Settings {
    Settings::default().with_window(WindowLimits::NONE)
}

/// Where the engine keeps its files.
#[derive(Debug)]
pub(crate) struct Directory(pub(crate) PathBuf);

impl Directory {
    /// The file adapter on the directory, which nobody else may use meanwhile.
    pub(crate) fn ports(&self) -> Result<Ports, Failure> {
        let store = file::open(&self.0, FileOptions::default())
            .map_err(|error| Failure::storage_because(format!("{self} cannot be opened"), error))?;
        Ok(store.into_ports())
    }

    /// An engine on the directory.
    pub(crate) fn start(&self) -> Result<Opened, Failure> {
        self.start_on(self.ports()?)
    }

    /// An engine on ports of the directory.
    pub(crate) fn start_on(&self, ports: Ports) -> Result<Opened, Failure> {
        // The sales are years old, and so is the log: the clock of the day is right all the same.
        let settings = settings().with_accept_time(Some(ports.clock.now()));
        Engine::open(ports, settings).map_err(|error| {
            Failure::storage_because(format!("no engine can start on {self}"), error)
        })
    }
}

impl fmt::Display for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}
