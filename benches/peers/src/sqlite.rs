//! SQLite: one connection that writes, as its guides have it. What many callers ask for at one time is one transaction.

use std::path::Path;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use tempfile::TempDir;

use crate::sale::{Outcome, Sale, Sales, stock};
use crate::side::{Fallible, Loaded, Side, Totals, Work};
use crate::threads;

const CONNECTION: &str = include_str!("../sqlite/connection.sql");
const SCHEMA: &str = include_str!("../sqlite/schema.sql");
const EVENT: &str = include_str!("../sqlite/event.sql");
const TAKE: &str = include_str!("../sqlite/take.sql");
const FIRST: &str = include_str!("../sqlite/first.sql");
const TOTALS: &str = include_str!("../sqlite/totals.sql");

pub(crate) struct Sqlite {
    connection: Arc<Mutex<Connection>>,
    /// To the thread that writes for many callers.
    queue: Sender<Waiting>,
    /// Last, so that it outlives the database.
    _directory: TempDir,
}

/// A caller with the sales that it waits for.
struct Waiting {
    sales: Vec<Sale>,
    answer: Sender<Fallible<Vec<Outcome>>>,
}

impl Sqlite {
    pub(crate) fn start(folder: &Path) -> Fallible<Self> {
        let directory = tempfile::tempdir_in(folder)?;
        let mut connection = Connection::open(directory.path().join("stock.db"))?;
        connection.execute_batch(CONNECTION)?;
        connection.execute_batch(SCHEMA)?;
        let transaction = connection.transaction()?;
        for (product, units) in stock() {
            let insert = "INSERT INTO stock (product, available) VALUES (?1, ?2)";
            transaction.execute(insert, (product, units as i64))?;
        }
        transaction.commit()?;
        let connection = Arc::new(Mutex::new(connection));
        let (queue, waiting) = mpsc::channel::<Waiting>();
        let for_thread = Arc::clone(&connection);
        // Ends with the queue.
        thread::spawn(move || {
            while let Ok(first) = waiting.recv() {
                let group: Vec<_> = [first].into_iter().chain(waiting.try_iter()).collect();
                answer(&for_thread, group);
            }
        });
        Ok(Self {
            connection,
            queue,
            _directory: directory,
        })
    }
}

fn locked(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    // A transaction that a panic has cut short was rolled back.
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes what a group waits for in one transaction.
fn answer(connection: &Mutex<Connection>, group: Vec<Waiting>) {
    let sales: Vec<_> = group.iter().flat_map(|waiting| &waiting.sales).collect();
    let outcomes = write(&mut locked(connection), sales.into_iter().copied());
    match outcomes {
        Ok(outcomes) => {
            let mut outcomes = outcomes.into_iter();
            for Waiting { sales, answer } in group {
                let of_caller = outcomes.by_ref().take(sales.len()).collect();
                let _ = answer.send(Ok(of_caller));
            }
        }
        Err(error) => {
            let said = error.to_string();
            for Waiting { answer, .. } in group {
                let _ = answer.send(Err(said.clone().into()));
            }
        }
    }
}

/// Writes sales in one transaction.
fn write(connection: &mut Connection, sales: impl Iterator<Item = Sale>) -> Fallible<Vec<Outcome>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let outcomes = {
        let mut event = transaction.prepare_cached(EVENT)?;
        let mut take = transaction.prepare_cached(TAKE)?;
        let mut first = transaction.prepare_cached(FIRST)?;
        let outcomes = sales.map(|sale| {
            let (key, product) = (sale.key(), sale.product());
            if event.execute((&key, &product))? == 1 {
                take.execute((&product,))?;
                return Ok(Outcome::Taken);
            }
            match first.exists((&key,))? {
                true => Ok(Outcome::Repeated),
                false => Ok(Outcome::Refused),
            }
        });
        outcomes.collect::<Fallible<_>>()?
    };
    transaction.commit()?;
    Ok(outcomes)
}

/// Hands sales to the thread that writes for all.
fn queue(queue: &Sender<Waiting>, sales: &[Sale]) -> Fallible<Vec<Outcome>> {
    let (answer, outcomes) = mpsc::channel();
    let sales = sales.to_vec();
    queue.send(Waiting { sales, answer })?;
    outcomes.recv()?
}

impl Side for Sqlite {
    /// A caller who is alone writes by itself: a queue would only cost it two changes of threads.
    fn drive(&mut self, work: Work, sales: &Sales, round: Duration) -> Fallible<Loaded> {
        let is_alone = work.callers == 1;
        threads::drive(work, sales, round, |sales| match is_alone {
            true => write(&mut locked(&self.connection), sales.iter().copied()),
            false => queue(&self.queue, sales),
        })
    }

    fn sell(&mut self, work: Work, sales: &[Sale]) -> Fallible<Vec<Outcome>> {
        let mut outcomes = Vec::new();
        for call in sales.chunks(work.batch) {
            outcomes.extend(queue(&self.queue, call)?);
        }
        Ok(outcomes)
    }

    fn totals(&mut self) -> Fallible<Totals> {
        let connection = locked(&self.connection);
        let totals = connection.query_row(TOTALS, (), |row| {
            let (units, events): (i64, i64) = (row.get(0)?, row.get(1)?);
            Ok((units, events))
        });
        let (units, events) = totals?;
        Ok(Totals {
            units: units.try_into()?,
            events: events.try_into()?,
        })
    }
}
