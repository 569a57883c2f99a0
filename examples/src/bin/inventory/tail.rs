//! Tail (`inventory tail`): the newest events, and then new ones as they come, until it is interrupted.

use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use inventory_core::vocabulary::Sequence;
use inventory_log::file::inspect::{Depth, Followed, Follower, View};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::arguments::Filter;
use crate::events::Printer;
use crate::failure::Failure;

/// How often the log is looked at. Nobody wakes a program that only reads files.
const LOOK_EVERY: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};

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
            Followed::End if wait()?.is_break() => return printer.end(),
            Followed::End => {}
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

/// Waits for the next look; breaks when nobody reads any more what is printed.
fn wait() -> Result<ControlFlow<()>, Failure> {
    let out = io::stdout();
    // Nothing is asked for: a pipe without a reader is told all the same.
    let mut watched = [PollFd::new(&out, PollFlags::empty())];
    match poll(&mut watched, Some(&LOOK_EVERY)) {
        Ok(0) | Err(Errno::INTR) => Ok(ControlFlow::Continue(())),
        Ok(_) => Ok(ControlFlow::Break(())),
        Err(error) => Err(Failure::io("waiting for the next look", &error.into())),
    }
}
