//! Audit: whether every unit is accounted for, in three ways that share as little as possible.

use inventory_core::engine::{Engine, Opened};
use inventory_core::machine::Ledger;
use inventory_core::machine::replica::apply;
use inventory_core::ports::LogReader;
use serde::{Serialize, Serializer};

use crate::books::{Books, Mismatch};
use crate::carts::Carts;
use crate::directory::{Directory, settings};
use crate::failure::Failure;
use crate::promises::Promises;

/// Events that are read from the log at once.
const PAGE_EVENTS: usize = 8_192;

/// What one of the checks has found. As JSON: whether it is clean.
#[derive(Debug)]
pub(crate) struct Finding(Vec<Mismatch>);

impl Finding {
    /// What does not add up; nothing when it is clean.
    pub(crate) fn mismatches(&self) -> &[Mismatch] {
        &self.0
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(self.0.is_empty())
    }
}

/// The books compared with the state of the engine.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Audit {
    /// With the ledger of the engine that has sold.
    pub(crate) ledger: Finding,
    /// With the ledger of an engine that was started again: a snapshot, and the log after it.
    pub(crate) restart: Finding,
    /// With a ledger that has followed the log from its first event: no snapshot, and no engine.
    pub(crate) log: Finding,
    /// With the holds of that log, where baskets are carts first: what is reserved is what is held after each page of it,
    /// and each hold has ended once, by its deadline or, if nobody asked for it, after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) holds: Option<Finding>,
}

impl Audit {
    /// Compares the books with all three, and stops `engine` on the way.
    ///
    /// # Errors
    ///
    /// The data directory cannot be read again.
    pub(crate) fn of(
        books: &Books<'_>,
        carts: Option<Carts>,
        engine: Engine,
        directory: &Directory,
    ) -> Result<Self, Failure> {
        let ledger = compare(books, &engine);
        drop(engine);
        let mut promises = Promises::default();
        let log = Finding(books.compare(&ledger_of_the_log(directory, &mut promises)?));
        let holds = carts.map(|carts| Finding(promises.finish(carts)));
        let Opened { engine, .. } = directory.start()?;
        Ok(Self {
            ledger,
            restart: compare(books, &engine),
            log,
            holds,
        })
    }

    /// Whether every unit is accounted for, whoever is asked.
    pub(crate) fn is_clean(&self) -> bool {
        let findings = [&self.ledger, &self.restart, &self.log];
        let mut findings = findings.into_iter().chain(&self.holds);
        findings.all(|finding| finding.0.is_empty())
    }
}

fn compare(books: &Books<'_>, engine: &Engine) -> Finding {
    Finding(engine.reader().read(|ledger| books.compare(ledger)))
}

fn ledger_of_the_log(directory: &Directory, promises: &mut Promises) -> Result<Ledger, Failure> {
    let ports = directory.ports()?;
    let log = ports.log.reader();
    let mut ledger = Ledger::new(settings().window);
    while follow_page(&*log, &mut ledger, promises)? {}
    Ok(ledger)
}

/// Follows the log by one page; `false` at its end.
fn follow_page(
    log: &dyn LogReader,
    ledger: &mut Ledger,
    promises: &mut Promises,
) -> Result<bool, Failure> {
    let entries = log
        .read(ledger.head().sequence, PAGE_EVENTS)
        .map_err(|error| Failure::storage_because("the log cannot be read", error))?;
    for entry in &entries {
        // What cannot be applied quarantines its product, which the comparison reports.
        apply(ledger, entry)
            .map_err(|error| Failure::storage_because("the log does not continue itself", error))?;
        promises.follow(entry);
    }
    promises.compare(ledger);
    Ok(!entries.is_empty())
}
