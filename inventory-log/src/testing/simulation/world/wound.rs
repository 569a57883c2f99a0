//! Wounds: damage to acknowledged data, on which no start succeeds that was not told to salvage.

use std::iter;
use std::ops::Range;
use std::sync::Arc;

use inventory_core::engine::{Engine, Recovery};
use inventory_core::ports::{Ports, Unobserved};
use inventory_core::vocabulary::Sequence;

use super::{Progress, World};
use crate::file::{OpenError, open_on};
use crate::testing::simulation::violation::ensure;
use crate::testing::simulation::{Check, Choices, Situation, Violation};
use crate::testing::{Call, SimDisk};

const ACTIVE: &str = "events.log.jsonl";
const SNAPSHOTS: [&str; 2] = ["state.json", "state.older.json"];

/// Calls that change a directory.
const CHANGES: [Call; 5] = [
    Call::Create,
    Call::Write,
    Call::Cut,
    Call::Rename,
    Call::Remove,
];

/// What has become of what was acknowledged.
#[derive(Debug, Clone)]
pub(in crate::testing::simulation) enum Wound {
    /// A bit of a line has rotted.
    Rotten { file: String, line: Range<usize> },
    /// A segment is gone.
    Gone,
    /// The snapshots are gone, and the log has given up what they had.
    NoSnapshot,
}

impl World {
    /// Ends the life in good order and damages what was acknowledged; `None` when nothing was that would be missed.
    pub(in crate::testing::simulation) fn wound(
        &mut self,
        choices: &mut Choices,
    ) -> Result<Option<Wound>, Violation> {
        // What is torn is settled once there is room, and then all is on the disk.
        self.set_full(false);
        self.kill();
        if self.open()? == Progress::Stopped {
            return Ok(None);
        }
        self.close();
        self.cut_power(|_| true);
        let rotten = self.disk.fork();
        let without = choices.once_in(4) || self.witness.firsts(false).is_empty();
        if without {
            SNAPSHOTS.iter().for_each(|name| rotten.lose(name));
        }
        let firsts = self.witness.firsts(without);
        let Some(oldest) = firsts.first() else {
            return Ok(None);
        };
        let wound = match locate(&rotten, *oldest) {
            None => Wound::NoSnapshot,
            Some(_) => {
                let newest = &firsts[firsts.len().saturating_sub(200)..];
                let (file, line) = locate(&rotten, choices.of(newest)).expect("it is later");
                self.damage(&rotten, choices, file, line)
            }
        };
        self.tally.saw(match &wound {
            Wound::Rotten { .. } => Situation::BitRotted,
            Wound::Gone => Situation::SegmentLost,
            Wound::NoSnapshot => Situation::SnapshotsLost,
        });
        self.disk = rotten;
        Ok(Some(wound))
    }

    fn damage(
        &self,
        rotten: &SimDisk,
        choices: &mut Choices,
        file: String,
        line: Range<usize>,
    ) -> Wound {
        let names = rotten.names();
        let is_of_log = |name: &&String| name.ends_with(".log.jsonl") || name.starts_with("state");
        // Without anything of a log, the directory is that of a new one.
        let is_last = names.iter().filter(is_of_log).count() == 1;
        if choices.once_in(3) && !is_last {
            rotten.lose(&file);
            return Wound::Gone;
        }
        let mut content = rotten.content(&file).expect("it was found there");
        let at = line.start + choices.seed() as usize % line.len();
        content[at] ^= 1 << choices.below(8);
        rotten.put(&file, content);
        let line = line.start..at + 1;
        Wound::Rotten { file, line }
    }

    /// Whoever was not told to go on without what is lost is refused, is shown where the damage is, and has changed nothing.
    pub(in crate::testing::simulation) fn refuses(&self, wound: &Wound) -> Result<(), Violation> {
        let disk = self.disk.fork();
        let changes = || CHANGES.map(|call| disk.calls_of(call));
        let before = changes();
        let mut files = self.setup.files;
        let mut settings = self.setup.settings;
        (files.recovery, settings.recovery) = (Recovery::Strict, Recovery::Strict);
        let refused = match open_on(Arc::new(disk.clone()), &self.clock, files) {
            Err(refused) => {
                let is_untouched = changes() == before;
                ensure(is_untouched, Check::LossIsRefused, || {
                    format!("{refused:?}, and something was changed")
                })?;
                let shown = match (&refused, wound) {
                    (
                        OpenError::Damaged {
                            file: named,
                            offset,
                            ..
                        },
                        Wound::Rotten { file, line },
                    ) => named == file && line.contains(&(*offset as usize)),
                    (OpenError::Damaged { .. }, Wound::Gone) => true,
                    (_, _) => false,
                };
                (words(&refused), shown)
            }
            Ok(store) => {
                let ports = Ports {
                    clock: Arc::new(self.clock.clone()),
                    observer: Arc::new(Unobserved),
                    ..store.into_ports()
                };
                match Engine::open(ports, settings) {
                    Ok(opened) => (format!("started with {:?}", opened.report), false),
                    Err(refused) => {
                        let words = words(&refused);
                        let shown = match wound {
                            Wound::Rotten { file, .. } => {
                                words.contains(file) && words.contains("byte ")
                            }
                            Wound::Gone | Wound::NoSnapshot => refused.is_damage(),
                        };
                        (words, shown)
                    }
                }
            }
        };
        let (words, shown) = refused;
        ensure(shown, Check::LossIsRefused, || {
            format!("{wound:?}: {words}")
        })
    }
}

/// The segment and the line of the entry that begins at a position.
fn locate(disk: &SimDisk, first: Sequence) -> Option<(String, Range<usize>)> {
    let prefix = format!("{{\"seq\":{first},");
    let is_segment = |name: &String| name == ACTIVE || name.starts_with("events-");
    let segments = disk.names().into_iter().filter(is_segment);
    let segments = segments.filter(|name| name.ends_with(".log.jsonl"));
    segments.into_iter().find_map(|name| {
        let content = disk.content(&name)?;
        let mut start = 0;
        let lines = content.split(|&byte| byte == b'\n').map(|line| {
            let range = start..start + line.len();
            start = range.end + 1;
            (line, range)
        });
        let mut found = lines.filter(|(line, _)| line.starts_with(prefix.as_bytes()));
        let (_, range) = found.next()?;
        Some((name, range))
    })
}

/// An error with all its causes.
fn words(error: &dyn std::error::Error) -> String {
    let causes = iter::successors(Some(error), |error| error.source());
    let causes: Vec<_> = causes.map(ToString::to_string).collect();
    causes.join(": ")
}
