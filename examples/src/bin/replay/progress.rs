//! Progress of a run, on standard error.

use std::io::{self, IsTerminal, Write};

use crate::grouped::grouped;

/// Columns of the bar.
const WIDTH: u64 = 40;
/// How much has to happen between two lines where nobody watches.
const PERCENT_PER_LINE: u64 = 5;

/// A bar that is redrawn on a terminal; elsewhere, one line for every twentieth.
#[derive(Debug)]
pub(crate) struct Progress {
    total: u64,
    done: u64,
    shown_percent: Option<u64>,
    terminal: bool,
}

impl Progress {
    /// A bar for `total` baskets, shown at once.
    pub(crate) fn start(total: usize) -> Self {
        let mut progress = Self {
            total: total as u64,
            done: 0,
            shown_percent: None,
            terminal: io::stderr().is_terminal(),
        };
        progress.advance(0);
        progress
    }

    /// Counts `baskets` more.
    pub(crate) fn advance(&mut self, baskets: usize) {
        self.done += baskets as u64;
        let percent = (self.done * 100).checked_div(self.total).unwrap_or(100);
        let step = if self.terminal { 1 } else { PERCENT_PER_LINE };
        let percent = percent - percent % step;
        if self.shown_percent == Some(percent) {
            return;
        }
        self.shown_percent = Some(percent);
        let (done, total) = (grouped(self.done), grouped(self.total));
        // A progress bar that cannot be shown is no reason to stop selling.
        let _ = if self.terminal {
            let filled = percent * WIDTH / 100;
            let bar: String = (0..WIDTH)
                .map(|at| if at < filled { '#' } else { '.' })
                .collect();
            let end = if self.done == self.total { "\n" } else { "" };
            write!(
                io::stderr(),
                "\r[{bar}] {percent:>3} % of {total} baskets{end}"
            )
        } else {
            writeln!(
                io::stderr(),
                "{percent} %: {done} of {total} baskets are answered"
            )
        };
    }
}
