//! Ours, in this process: a writer on the file adapter.

use std::path::Path;
use std::time::Duration;

use inventory_core::engine::{Answer, Engine, Settings};
use inventory_core::machine::{Adjust, Count, Rejection, Request};
use inventory_core::writer::{Writer, WriterLimits};
use inventory_log::file::{self, FileOptions};
use tempfile::TempDir;

use crate::sale::{Outcome, Sale, Sales, stock};
use crate::side::{Fallible, Loaded, Side, Totals, Work};
use crate::threads;

const STORE: &str = "store-0";

pub(crate) struct Embedded {
    writer: Writer,
    /// Events by which the products were stocked.
    stocked: u64,
    /// Last, so that it outlives the files.
    _directory: TempDir,
}

impl Embedded {
    pub(crate) fn start(folder: &Path) -> Fallible<Self> {
        let directory = tempfile::tempdir_in(folder)?;
        let ports = file::open(directory.path().join("log"), FileOptions::default())?.into_ports();
        let mut engine = Engine::open(ports, Settings::default())?.engine;
        let counts = stock().map(|(product, units)| {
            let count = Count::new(&product, STORE, units)?;
            Ok(Request::unkeyed(vec![count.into()])?)
        });
        for answer in engine.submit(&counts.collect::<Fallible<Vec<_>>>()?)? {
            answer?;
        }
        Ok(Self {
            stocked: engine.reader().head().sequence.number(),
            writer: Writer::start(engine, WriterLimits::default())?,
            _directory: directory,
        })
    }
}

/// In one submission.
fn sell(writer: &Writer, sales: &[Sale]) -> Fallible<Vec<Outcome>> {
    let requests = sales.iter().map(|sale| request(*sale));
    let answers = writer.submit_and_wait(requests.collect::<Fallible<_>>()?)?;
    answers.into_iter().map(outcome).collect()
}

fn request(sale: Sale) -> Fallible<Request> {
    let adjust = Adjust::new(&sale.product(), STORE, -1)?;
    Ok(Request::new(sale.key().parse()?, vec![adjust.into()])?)
}

fn outcome(answer: Answer) -> Fallible<Outcome> {
    match answer {
        Ok(receipt) if receipt.replayed => Ok(Outcome::Repeated),
        Ok(_) => Ok(Outcome::Taken),
        Err(Rejection::InsufficientStock { .. }) => Ok(Outcome::Refused),
        Err(other) => Err(other.into()),
    }
}

impl Side for Embedded {
    fn drive(&mut self, work: Work, sales: &Sales, round: Duration) -> Fallible<Loaded> {
        threads::drive(work, sales, round, |sales| sell(&self.writer, sales))
    }

    fn sell(&mut self, work: Work, sales: &[Sale]) -> Fallible<Vec<Outcome>> {
        let mut outcomes = Vec::new();
        for call in sales.chunks(work.batch) {
            outcomes.extend(sell(&self.writer, call)?);
        }
        Ok(outcomes)
    }

    fn totals(&mut self) -> Fallible<Totals> {
        let reader = self.writer.reader();
        let units = reader.read(|ledger| {
            let units = ledger.products().map(|product| product.total().units());
            units.sum()
        });
        Ok(Totals {
            units,
            events: reader.head().sequence.number() - self.stocked,
        })
    }
}
