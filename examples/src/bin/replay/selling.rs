//! Selling: submits the opening counts and the baskets, many at a time, and books the answers.

use std::time::{Duration, Instant};

use inventory_core::engine::{Answer, Snapshotter};
use inventory_core::machine::Rejection;
use inventory_core::vocabulary::IdempotencyKey;
use inventory_core::writer::Writer;

use crate::books::Books;
use crate::carts::Carts;
use crate::failure::Failure;
use crate::pipeline::Pipeline;
use crate::progress::Progress;
use crate::sales::{Basket, Sales};

/// Most baskets of one submission. Eight submissions of this size on their way make groups of some ten thousand
/// events, for which one sync costs next to nothing.
const SUBMISSION_BASKETS_MAX: usize = 1_024;
/// A small file is cut into at least as many submissions, so that it too is sold in many groups.
const SUBMISSIONS_MIN: usize = 128;

/// What became of the baskets.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    /// Baskets that were sold, in this process or one before it.
    pub(crate) sold: usize,
    /// Baskets that were refused for lack of stock.
    pub(crate) refused: usize,
    /// Sold baskets whose answer an earlier process had written down.
    pub(crate) replayed: usize,
    /// Events that this process has made durable.
    pub(crate) events_written: u64,
    /// What became of carts, where baskets are carts first.
    pub(crate) carts: Option<Carts>,
    /// Carts that an earlier process had left open.
    pub(crate) open_at_start: Option<usize>,
    /// How long that took, from the first submission to the last answer.
    pub(crate) elapsed: Duration,
}

/// One run at the till.
#[derive(Debug)]
pub(crate) struct Till<'a, 'b> {
    /// Who sells.
    pub(crate) writer: &'a Writer,
    /// What is sold.
    pub(crate) sales: &'b Sales,
    /// Where it is written down.
    pub(crate) books: &'a mut Books<'b>,
}

impl Till<'_, '_> {
    /// Counts the opening stock in, then sells every basket in the order of the file.
    ///
    /// A snapshot is taken in between: so a restart has both a snapshot to load and a log to follow after it.
    ///
    /// # Errors
    ///
    /// The engine has failed, or refused something for another reason than lack of stock.
    pub(crate) fn run(
        &mut self,
        opening_key: impl Fn(usize) -> IdempotencyKey,
        snapshotter: &mut Snapshotter,
    ) -> Result<Tally, Failure> {
        let mut tally = Tally::default();
        count_in(self.writer, self.books, opening_key, &mut tally)?;
        save(snapshotter)?;

        let started = Instant::now();
        let mut pipeline = Pipeline::new(self.writer);
        let mut progress = Progress::start(self.sales.baskets.len());
        let baskets = (self.sales.baskets.len() / SUBMISSIONS_MIN).clamp(1, SUBMISSION_BASKETS_MAX);
        for baskets in self.sales.baskets.chunks(baskets) {
            let requests: Result<_, _> = baskets
                .iter()
                .map(|basket| self.books.request(basket))
                .collect();
            let requests = requests.expect("a basket has as many lines as a request may have");
            if let Some((baskets, answers)) = pipeline.submit(requests, baskets)? {
                self.take_baskets(&mut tally, baskets, answers)?;
                progress.advance(baskets.len());
            }
        }
        while let Some((baskets, answers)) = pipeline.oldest()? {
            self.take_baskets(&mut tally, baskets, answers)?;
            progress.advance(baskets.len());
        }
        tally.elapsed += started.elapsed();
        Ok(tally)
    }

    fn take_baskets(
        &mut self,
        tally: &mut Tally,
        baskets: &[Basket],
        answers: Vec<Answer>,
    ) -> Result<(), Failure> {
        for (basket, answer) in baskets.iter().zip(answers) {
            match answer {
                Ok(receipt) => {
                    tally.sold += 1;
                    tally.replayed += usize::from(receipt.replayed);
                    if !receipt.replayed {
                        tally.events_written += receipt.entry.events.len() as u64;
                    }
                    let booked = self.books.sell(basket);
                    booked.map_err(|mismatch| Failure::storage(mismatch.to_string()))?;
                }
                Err(Rejection::InsufficientStock { .. }) => tally.refused += 1,
                Err(other) => {
                    let what = format!("basket {} was refused", basket.key);
                    return Err(Failure::storage_because(what, other));
                }
            }
        }
        Ok(())
    }
}

/// Counts the opening stock in.
pub(crate) fn count_in(
    writer: &Writer,
    books: &Books<'_>,
    opening_key: impl Fn(usize) -> IdempotencyKey,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let mut pipeline = Pipeline::new(writer);
    let started = Instant::now();
    for request in books.opening_requests(opening_key) {
        if let Some((_, answers)) = pipeline.submit(vec![request], ())? {
            take_opening(tally, answers)?;
        }
    }
    while let Some((_, answers)) = pipeline.oldest()? {
        take_opening(tally, answers)?;
    }
    tally.elapsed += started.elapsed();
    Ok(())
}

/// Saves a snapshot of what is published.
pub(crate) fn save(snapshotter: &mut Snapshotter) -> Result<(), Failure> {
    let saved = snapshotter.save();
    saved
        .map(|_head| ())
        .map_err(|error| Failure::storage_because("the snapshot was not saved", error))
}

fn take_opening(tally: &mut Tally, answers: Vec<Answer>) -> Result<(), Failure> {
    for answer in answers {
        let receipt = answer
            .map_err(|error| Failure::storage_because("the opening stock was refused", error))?;
        if !receipt.replayed {
            tally.events_written += receipt.entry.events.len() as u64;
        }
    }
    Ok(())
}
