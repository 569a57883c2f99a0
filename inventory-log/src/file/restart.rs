//! Restart of a log: sets a history aside, and starts another one. Nothing is deleted.
//!
//! ```text
//!  1  the new segment is written aside, with the epoch that it replaces in its header      still the old log
//!  2  the active segment is renamed                                                        the new log, from here
//!  3  the sealed segments are renamed
//!  4  the new segment becomes the active one
//! ```
//!
//! Each step is durable before the next begins. An interruption after the second is finished by the next open.

use std::io;
use std::sync::Arc;

use inventory_core::vocabulary::Epoch;

use super::header::Header;
use super::names::{ACTIVE, ACTIVE_TMP, aside_name, sealed_first};
use super::segment::create_segment;
use crate::disk::{Disk, DiskFile, rename_durably};

/// Restarts the log with a segment that has `header`, which must name the epoch that it replaces.
pub(super) fn restart(disk: &dyn Disk, header: &Header) -> io::Result<(Arc<dyn DiskFile>, u64)> {
    let created = create_segment(disk, ACTIVE_TMP, header)?;
    disk.sync_dir()?;
    if let Some(epoch) = header.replaces {
        set_aside(disk, ACTIVE, epoch)?;
        disk.sync_dir()?;
        set_sealed_aside(disk, epoch)?;
    }
    rename_durably(disk, ACTIVE_TMP, ACTIVE)?;
    Ok(created)
}

/// Sets all sealed segments aside, durably. They must be of `epoch`.
pub(super) fn set_sealed_aside(disk: &dyn Disk, epoch: Epoch) -> io::Result<()> {
    for name in disk.list()? {
        if sealed_first(&name).is_some() {
            set_aside(disk, &name, epoch)?;
        }
    }
    disk.sync_dir()
}

/// Renames a file to a name that is free.
fn set_aside(disk: &dyn Disk, name: &str, epoch: Epoch) -> io::Result<()> {
    let names = disk.list()?;
    let aside = aside_name(name, epoch);
    let free = (2..).map(|number| format!("{aside}-{number}"));
    let free = std::iter::once(aside.clone())
        .chain(free)
        .find(|name| !names.contains(name));
    disk.rename(name, &free.unwrap_or(aside))
}
