//! Rival: a second engine that is started on a directory which has one.

use std::sync::Arc;

use super::World;
use crate::file::{OpenError, open_on};
use crate::testing::Call;
use crate::testing::simulation::violation::ensure;
use crate::testing::simulation::{Check, Situation, Violation};

/// Calls that change a directory.
const CHANGES: [Call; 4] = [Call::Create, Call::Write, Call::Rename, Call::Remove];

impl World {
    /// Somebody starts a second engine while the first one works. It is refused, and has changed nothing.
    ///
    /// # Errors
    ///
    /// A promise is broken.
    pub fn rival(&mut self) -> Result<(), Violation> {
        if self.live.is_none() {
            return Ok(());
        }
        let changes = || CHANGES.map(|call| self.disk.calls_of(call));
        let before = changes();
        let opened = open_on(Arc::new(self.disk.clone()), &self.clock, self.setup.files);
        let refused = match &opened {
            Err(OpenError::InUse) => true,
            Err(OpenError::Io(_)) => self.struck() > 0,
            Err(_) | Ok(_) => false,
        };
        ensure(
            refused && changes() == before,
            Check::DirectoryHasOneOwner,
            || format!("a second engine got {:?}", opened.as_ref().err()),
        )?;
        let in_use = matches!(opened, Err(OpenError::InUse));
        self.tally.saw_if(in_use, Situation::RivalRefused);
        Ok(())
    }
}
