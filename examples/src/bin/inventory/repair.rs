//! Repair of time (`inventory repair time`): sets back a log that was written while the clock was ahead.

use std::path::Path;

use inventory_core::engine::{self, SetBack, SetBackError, Settings};
use inventory_core::machine::WindowLimits;
use inventory_core::ports::Clock as _;
use inventory_core::vocabulary::{Span, Timestamp};
use inventory_http::Causes;
use inventory_log::SystemClock;
use inventory_log::file::inspect::{Depth, View};
use inventory_log::file::{self, FileOptions};
use serde_json::json;

use crate::arguments::{Output, Repair};
use crate::failure::Failure;
use crate::meaning;
use crate::output;

/// The next start has limits of its own, and must find all that is known.
const ALL_KEYS: Settings = Settings::new().with_window(WindowLimits::NONE);

pub(crate) fn run(command: &Repair, output: Output) -> Result<(), Failure> {
    match command {
        Repair::Time { dir, to, yes } => time(dir, *to, *yes, output),
    }
}

/// What is to be done.
struct Plan<'a> {
    dir: &'a Path,
    view: View,
    /// What the clock of this machine says.
    clock: Timestamp,
    /// What the operator has asked for.
    asked: Option<Timestamp>,
}

fn time(dir: &Path, asked: Option<Timestamp>, yes: bool, output: Output) -> Result<(), Failure> {
    let view = View::open(dir, Depth::Ends).map_err(|error| Failure::open(dir, &error))?;
    if let Some(loss) = view.losses().next() {
        return Err(Failure::damage(format!(
            "{} is damaged, and nothing was changed: {loss}; run `inventory verify` on it for what to do",
            dir.display()
        )));
    }
    let plan = Plan {
        dir,
        view,
        clock: SystemClock.now(),
        asked,
    };
    plan.check()?;
    match (plan.is_ahead(), yes) {
        (false, _) | (true, false) => plan.report(None, output),
        (true, true) if plan.view.in_use() => Err(plan.in_use()),
        (true, true) => {
            let done = plan.carry_out()?;
            plan.report(Some(&done), output)
        }
    }
}

impl Plan<'_> {
    /// The time of the last entry; 1970 when there is none, which is ahead of nothing.
    fn at(&self) -> Timestamp {
        self.view.head().recorded_at
    }

    fn to(&self) -> Timestamp {
        self.asked.unwrap_or(self.clock)
    }

    fn is_ahead(&self) -> bool {
        self.at() > self.clock
    }

    /// Refuses what would not leave a directory that central starts on.
    fn check(&self) -> Result<(), Failure> {
        let (dir, to, clock) = (self.dir.display(), self.to(), self.clock);
        if to > clock {
            return Err(Failure::clock(format!(
                "{to} is ahead of this machine's clock, which says {clock}; nothing was changed: \
                 put the clock right, then set the log back to a time that has been"
            )));
        }
        if self.is_ahead() && clock.millis_since(to) > Span::YEAR.millis() {
            return Err(Failure::usage(format!(
                "{to} is more than a year before this machine's clock, which says {clock}, and central would not start \
                 on that; nothing was changed: choose a later time"
            )));
        }
        if let Some(too_old) = meaning::too_old(self.view.head(), clock) {
            return Err(Failure::clock(format!(
                "the log of {dir} is not ahead, and nothing was changed: {too_old}"
            )));
        }
        Ok(())
    }

    fn carry_out(&self) -> Result<SetBack, Failure> {
        let opened = file::open(self.dir, FileOptions::default());
        let store = opened.map_err(|error| match matches!(error, file::OpenError::InUse) {
            true => self.in_use(),
            false => Failure::open(self.dir, &error),
        })?;
        let done = engine::set_back(store.into_ports(), ALL_KEYS, self.to());
        done.map_err(|error| {
            let (dir, said) = (self.dir.display(), Causes(&error).to_string());
            match &error {
                SetBackError::NotAhead { .. } => Failure::usage(format!("{dir}: {said}")),
                SetBackError::Open(cause) if cause.is_damage() => Failure::damage(format!(
                    "{dir}: {said}; nothing was changed: run `inventory verify` on it for what to do"
                )),
                SetBackError::Open(_) => Failure::system(format!("{dir}: {said}; nothing was changed")),
                SetBackError::Storage(_) => Failure::system(format!(
                    "{dir}: {said}; it is as it was, or set back: run this again, which finishes it"
                )),
                _ => Failure::system(format!("{dir}: {said}")),
            }
        })
    }

    fn in_use(&self) -> Failure {
        Failure::in_use(format!(
            "central runs on {}, and nothing was changed: stop it first",
            self.dir.display()
        ))
    }

    fn report(&self, done: Option<&SetBack>, output: Output) -> Result<(), Failure> {
        let ahead = Span::from_millis(self.at().millis_since(self.clock));
        match output {
            Output::Json => output::json(&json!({
                "directory": self.dir,
                "inUse": self.view.in_use(),
                "clock": self.clock,
                "recordedAt": self.at(),
                "aheadMs": ahead.millis(),
                "to": self.is_ahead().then_some(self.to()),
                "head": self.view.head().sequence,
                "done": done.is_some(),
                "epoch": done.map_or_else(|| self.view.epoch(), |done| done.epoch),
                "replaces": done.map(|done| done.replaced),
            })),
            Output::Table => self.table(ahead, done),
        }
    }

    fn table(&self, ahead: Span, done: Option<&SetBack>) -> Result<(), Failure> {
        let (dir, at, clock) = (self.dir.display(), self.at(), self.clock);
        if !self.is_ahead() {
            let said = format!(
                "{dir} is not ahead, and nothing was changed: its last entry is of {at}, the clock says {clock}\n"
            );
            return output::write(said.as_bytes());
        }
        let running = match self.view.in_use() {
            true => "yes: stop central first",
            false => "no",
        };
        let epoch = match done {
            Some(done) => format!("{}, which replaces {}", done.epoch, done.replaced),
            None => format!("a new one, which replaces {}", self.view.epoch()),
        };
        let mut rows = vec![
            (
                "last entry",
                format!("position {}, {at}", self.view.head().sequence),
            ),
            ("clock", format!("{clock}, {ahead} earlier")),
            ("set back to", self.to().to_string()),
            ("epoch", epoch),
            (
                "kept",
                "stock, versions, positions, reservations, keys and their answers".to_owned(),
            ),
            (
                "set aside",
                "the log so far: history and asOf begin anew".to_owned(),
            ),
            ("who follows", "stores and followers start again".to_owned()),
        ];
        if done.is_none() {
            rows.insert(0, ("in use", running.to_owned()));
        }
        output::rows(&rows)?;
        let said = match done {
            Some(_) => "done: start central\n".to_owned(),
            None => {
                let to = self
                    .asked
                    .map(|to| format!(" --to {to}"))
                    .unwrap_or_default();
                format!("nothing was changed; to do it: inventory repair time {dir}{to} --yes\n")
            }
        };
        output::write(said.as_bytes())
    }
}
