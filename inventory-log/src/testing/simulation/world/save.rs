//! Snapshots of an engine that rests, and of one that continues meanwhile.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use inventory_core::engine::Snapshotter;
use inventory_core::machine::Request;
use parking_lot::Mutex;

use super::{Progress, World, panicky};
use crate::testing::simulation::{Situation, Violation};

/// A world whose engine goes on while a snapshot is written, and what became of that.
struct Meanwhile {
    world: World,
    submitted: Option<Result<Progress, Violation>>,
}

impl World {
    /// Saves a snapshot.
    pub fn save(&mut self) {
        if let Some(mut snapshotter) = self.snapshotter() {
            self.witness.saves();
            let saved = catch_unwind(AssertUnwindSafe(|| snapshotter.save()));
            self.saved(snapshotter, saved.map(|saved| saved.is_ok()));
        }
    }

    /// Saves a snapshot, and submits a group before the `nth` of the calls that write it: the image is older than that.
    ///
    /// # Errors
    ///
    /// A promise is broken.
    ///
    /// # Panics
    ///
    /// Something panics.
    pub fn save_beside(&mut self, nth: u64, group: Vec<Request>) -> Result<Progress, Violation> {
        let Some(mut snapshotter) = self.snapshotter() else {
            return Ok(Progress::Stopped);
        };
        self.witness.saves();
        let disk = self.disk.clone();
        let world = mem::replace(self, Self::new(0, self.setup));
        let meanwhile = Arc::new(Mutex::new(Meanwhile {
            world,
            submitted: None,
        }));
        let beside = Arc::clone(&meanwhile);
        disk.meanwhile(nth, move || {
            let mut beside = beside.lock();
            beside.submitted = Some(beside.world.submit(&group));
        });
        let saved = catch_unwind(AssertUnwindSafe(|| snapshotter.save()));
        disk.alone();
        let meanwhile = Arc::into_inner(meanwhile).expect("nothing happens any more");
        let Meanwhile { world, submitted } = meanwhile.into_inner();
        *self = world;
        let is_saved = matches!(saved, Ok(Ok(_)));
        self.saved(snapshotter, saved.map(|saved| saved.is_ok()));
        let Some(progress) = submitted.transpose()? else {
            return Ok(Progress::Running);
        };
        let beside = is_saved && progress == Progress::Running;
        self.tally.saw_if(beside, Situation::SavedBesideGroup);
        if let Some(live) = &mut self.live {
            live.saved_beside |= beside;
        }
        Ok(progress)
    }

    fn snapshotter(&mut self) -> Option<Snapshotter> {
        self.live.as_mut()?.snapshotter.take()
    }

    /// A snapshot was saved, or was not, or somebody who observes has panicked.
    fn saved(&mut self, snapshotter: Snapshotter, saved: std::thread::Result<bool>) {
        let Some(live) = &mut self.live else { return };
        match saved {
            Ok(true) => self.witness.saved(),
            Ok(false) => self
                .tally
                .saw_if(!live.engine.is_stopped(), Situation::SnapshotSkipped),
            Err(panic) => {
                panicky::expect(panic);
                if snapshotter.saved() == self.witness.save_attempted() {
                    self.witness.saved();
                }
            }
        }
        live.snapshotter = Some(snapshotter);
    }
}
