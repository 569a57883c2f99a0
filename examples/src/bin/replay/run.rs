//! Replay run: from a sales file and a directory to a report.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use inventory_core::engine::{Opened, Reader};
use inventory_core::vocabulary::{IdempotencyKey, Sequence};
use inventory_core::writer::{Writer, WriterLimits};

use crate::arguments::Arguments;
use crate::audit::Audit;
use crate::books::Books;
use crate::clock::Hands;
use crate::directory::Directory;
use crate::failure::Failure;
use crate::report::Report;
use crate::sales::{Sales, TextId};
use crate::selling::Till;
use crate::share::Share;
use crate::shop::Shop;

/// Where runs are kept, each in a directory of its own, unless the command line says otherwise.
const RUNS: &str = "data/replay";

/// Sells, audits and reports.
///
/// # Errors
///
/// See [`Failure`]: the run did not get as far as an audit. What was sold until then stays sold, and starting again
/// continues it, unless the message says that the directory is not of this run.
pub(crate) fn run(arguments: &Arguments) -> Result<Report, Failure> {
    let sales = Sales::read(arguments.file.as_deref())?;
    let name = RunName {
        text: sales.id,
        opening: arguments.opening,
        holds: arguments.holds,
    };
    let mut books = Books::open(&sales, arguments.opening)?;
    let directory = Directory(match &arguments.data {
        Some(directory) => directory.clone(),
        None => Path::new(RUNS).join(name.to_string()),
    });

    let mut ports = directory.ports()?;
    let opens_at = sales.baskets[0].sold_at;
    let clock = Arc::new(Hands::at(opens_at.max(ports.log.head().recorded_at)));
    if arguments.holds {
        ports.clock = Arc::<Hands>::clone(&clock);
    }
    let Opened {
        engine,
        mut snapshotter,
        ..
    } = directory.start_on(ports)?;
    name.check(&engine.reader(), &directory)?;
    let writer = Writer::start(engine, WriterLimits::default()).expect("the system has a thread");
    let opening_key = |number| name.opening_key(number);
    let tally = match arguments.holds {
        true => {
            let shop = Shop::open(&writer, &sales, &mut books, &clock);
            shop.run(opening_key, &mut snapshotter)?
        }
        false => {
            let mut till = Till {
                writer: &writer,
                sales: &sales,
                books: &mut books,
            };
            till.run(opening_key, &mut snapshotter)?
        }
    };
    let engine = writer
        .stop()
        .ok_or_else(|| Failure::storage("the writer has panicked"))?;
    drop(snapshotter);

    let audit = Audit::of(&books, tally.carts, engine, &directory)?;
    let seconds = tally.elapsed.as_secs_f64();
    Ok(Report {
        baskets: sales.baskets.len(),
        lines: sales.lines,
        sold: tally.sold,
        refused: tally.refused,
        replayed: tally.replayed,
        carts: tally.carts,
        open_at_start: tally.open_at_start,
        events: books.events(),
        events_written: tally.events_written,
        seconds,
        updates_per_second: (tally.events_written as f64 / seconds) as u64,
        levels: sales.levels.len(),
        units: books.units(),
        clean: audit.is_clean(),
        audit,
    })
}

/// Names a run after all that decides its outcome. It is part of the key of the first request, so a directory says by
/// its own log which run it holds, from its first durable byte on.
#[derive(Debug, Clone, Copy)]
struct RunName {
    text: TextId,
    opening: Share,
    holds: bool,
}

impl RunName {
    fn opening_key(self, number: usize) -> IdempotencyKey {
        IdempotencyKey::new(&format!("opening:{self}:{number}"))
            .expect("a run's name is short and ASCII")
    }

    /// Refuses a directory that holds something else than this run.
    fn check(self, reader: &Reader, directory: &Directory) -> Result<(), Failure> {
        let first = self.opening_key(0);
        let (empty, ours) = reader.read(|ledger| {
            let empty = ledger.head().sequence == Sequence::START;
            (empty, ledger.find(None, &first).is_some())
        });
        if empty || ours {
            return Ok(());
        }
        Err(Failure::storage(format!(
            "{directory} does not hold the run {self} but another one, of another file, opening share or mode: \
             give this one a --data directory of its own"
        )))
    }
}

impl fmt::Display for RunName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = if self.holds { "-holds" } else { "" };
        write!(f, "{}-{}{mode}", self.text, self.opening)
    }
}
