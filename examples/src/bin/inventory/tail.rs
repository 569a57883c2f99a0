//! `inventory tail`: the newest events, and then what comes, until it is interrupted.

use std::ops::ControlFlow;
use std::path::Path;
use std::thread;
use std::time::Duration;

use inventory_core::vocabulary::Sequence;
use inventory_log::file::inspect::{Depth, Followed, Follower, View};

use crate::arguments::Filter;
use crate::events::Printer;
use crate::failure::Failure;

/// How often the log is looked at. Nobody wakes a program that only reads files.
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub(crate) fn run(dir: &Path, lines: u64, filter: &Filter) -> Result<(), Failure> {
    let view = View::open(dir, Depth::Ends).map_err(|error| Failure::open(dir, &error))?;
    let begin = view.head().sequence.number().saturating_sub(lines);
    let after = Sequence::new(begin).max(view.floor());
    let mut follower = Follower::new(dir, view.epoch(), after);
    drop(view);
    let mut printer = Printer::new(filter);
    loop {
        let mut flow = ControlFlow::Continue(());
        let followed = follower.look(&mut |record| {
            flow = printer.print(&record);
            flow
        });
        let followed =
            followed.map_err(|error| Failure::io(format!("reading {}", dir.display()), &error))?;
        if flow.is_break() || printer.flush().is_break() {
            return printer.end();
        }
        match followed {
            Followed::End => thread::park_timeout(LOOK_EVERY),
            Followed::OtherHistory => {
                printer.end()?;
                return Err(Failure::damage(
                    "the history that was followed has been given up for another one: see `inventory stat`, and start again",
                ));
            }
            Followed::Purged => {
                printer.end()?;
                return Err(Failure::damage(
                    "what comes next has been given up by RETAIN_EVENTS before it was read: start again",
                ));
            }
        }
    }
}
