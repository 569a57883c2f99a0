//! Retention: how old positions are purged.

use std::io;

use inventory_core::defect;
use inventory_core::ports::StorageError;
use inventory_core::vocabulary::Sequence;

use super::FileLog;
use crate::file::names::sealed_name;

impl FileLog {
    /// Gives up the oldest segment, when it has nothing after `through`. One with each group is more than groups fill, and
    /// however much there is to be given up at once, a caller waits for one removal.
    pub(super) fn purge_oldest(&mut self, through: Sequence) -> Result<(), StorageError> {
        if let Some(poison) = &self.poison {
            return Err(StorageError::new("purging the log", poison.clone()));
        }
        let (floor, oldest) = {
            let layout = self.layout.read();
            (layout.floor, layout.sealed.first().cloned())
        };
        let Some(oldest) = oldest.filter(|oldest| oldest.last <= through) else {
            return Ok(());
        };
        let name = sealed_name(oldest.first);
        // Readers are told first, so that none takes the missing file for damage.
        {
            let mut layout = self.layout.write();
            layout.floor = oldest.last;
            layout.sealed.remove(0);
        }
        match self.directory.disk().remove(&name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let failed = StorageError::new(format!("removing {name}"), error);
                let mut layout = self.layout.write();
                layout.floor = floor;
                layout.sealed.insert(0, oldest);
                return Err(failed);
            }
            Ok(()) | Err(_) => {
                self.indexes.purge(oldest.first);
                self.places.purge(oldest.last);
            }
        }
        if defect!(PurgeNotSynced) {
            return Ok(());
        }
        // Before the next one goes: a power cut then leaves no gap between the segments that stay. For the same reason nothing
        // may be removed, or sealed, after a sync that failed.
        self.directory.disk().sync_dir().map_err(|error| {
            self.give_up("purging segments before", error);
            let poison = self.poison.clone().unwrap_or_default();
            StorageError::new("purging the log", poison)
        })
    }
}
