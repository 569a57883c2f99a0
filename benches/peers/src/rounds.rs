//! All sides of a row in turns, so that what else runs on the machine slows each; and whether they did the work.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use crate::rows::{Row, Who};
use crate::sale::{LAST_UNIT, Outcome, Sale, Sales};
use crate::side::{Fallible, Loaded, Side, Totals, Work};

/// Sales of a round that are repeated after it.
const REPEATS: u64 = 3;

/// Keys that no round comes to.
const OTHER_KEYS_FROM: u64 = 900_000_000_000;

/// What a side has come to in a round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// Sales.
    pub(crate) per_second: f64,
    /// Of a call, in milliseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// How long is measured.
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    pub(crate) round: Duration,
}

/// Measures a row: of each side, in the order of [`Who::all`], the figures of each round. All sides are started anew.
pub(crate) fn measure(
    row: &Row,
    plan: &Plan,
    folder: &Path,
    central: &Path,
) -> Fallible<Vec<Vec<Figures>>> {
    let mut contenders = Vec::new();
    for who in Who::all() {
        let ready = Contender::start(who, row.work, folder, central).and_then(|mut contender| {
            contender.prove()?;
            contender.round(plan.round / 4)?;
            Ok(contender)
        });
        contenders.push((ready.map_err(|error| of(who, error))?, Vec::new()));
    }
    for number in 1..=plan.rounds {
        eprintln!("{}: round {number} of {}", row.title, plan.rounds);
        for (contender, figures) in &mut contenders {
            let measured = contender.round(plan.round);
            figures.push(measured.map_err(|error| of(contender.who, error))?);
        }
    }
    Ok(contenders.into_iter().map(|(_, figures)| figures).collect())
}

/// An error, with whose it is.
fn of(who: Who, error: Box<dyn Error + Send + Sync>) -> String {
    format!("{}: {error}", who.name())
}

/// A side with what it should have.
struct Contender {
    who: Who,
    side: Box<dyn Side>,
    work: Work,
    sales: Sales,
    expected: Totals,
}

impl Contender {
    fn start(who: Who, work: Work, folder: &Path, central: &Path) -> Fallible<Self> {
        let mut side = who.start(folder, central)?;
        Ok(Self {
            who,
            expected: side.totals()?,
            side,
            work,
            sales: Sales::of(work.products),
        })
    }

    /// Sees that it sells what is there, once a key, and nothing else: or it would be fast for the wrong reason.
    fn prove(&mut self) -> Fallible<()> {
        let sale = |key, product| Sale {
            key: OTHER_KEYS_FROM + key,
            product,
        };
        let sales = [
            sale(0, 0),
            sale(0, 0),
            sale(1, LAST_UNIT),
            sale(2, LAST_UNIT),
            sale(1, LAST_UNIT),
            sale(3, 0),
        ];
        let expected = [
            Outcome::Taken,
            Outcome::Repeated,
            Outcome::Taken,
            Outcome::Refused,
            Outcome::Repeated,
            Outcome::Taken,
        ];
        let outcomes = self.side.sell(self.work, &sales)?;
        assert_eq!(outcomes, expected, "{}", self.who.name());
        self.account(3)
    }

    /// Lets it work for a while, and counts what it did.
    fn round(&mut self, round: Duration) -> Fallible<Figures> {
        let before = self.sales.made();
        let loaded = self.side.drive(self.work, &self.sales, round)?;
        let acknowledged = (loaded.latencies.len() * self.work.batch) as u64;
        assert_eq!(acknowledged, self.sales.made() - before);
        self.account(acknowledged)?;
        let again = self.side.sell(self.work, &self.sales.last(REPEATS))?;
        let all_are_known = again.iter().all(|outcome| *outcome == Outcome::Repeated);
        assert!(all_are_known, "{}: {again:?}", self.who.name());
        self.account(0)?;
        Ok(figures(loaded, self.work))
    }

    /// Units and events are those of as many more sales.
    fn account(&mut self, sales: u64) -> Fallible<()> {
        self.expected.units -= sales;
        self.expected.events += sales;
        assert_eq!(self.side.totals()?, self.expected, "{}", self.who.name());
        Ok(())
    }
}

fn figures(loaded: Loaded, work: Work) -> Figures {
    let mut latencies = loaded.latencies;
    latencies.sort_unstable();
    let percentile = |percent: usize| {
        let at = (latencies.len() * percent / 100).min(latencies.len() - 1);
        latencies[at].as_secs_f64() * 1e3
    };
    Figures {
        per_second: (latencies.len() * work.batch) as f64 / loaded.elapsed.as_secs_f64(),
        p50: percentile(50),
        p99: percentile(99),
    }
}
