//! Reservations in a replay: baskets are carts first, held, then bought, set free, or forgotten until they expire.
//!
//! ```text
//!  clock    sold_at of the round                    deadline      one ms later: the next round
//!           ├── holds: who comes back, then the new ──┤── ends ──┤── …
//! ```
//!
//! The clock is set only while nothing is on its way, so what is decided depends on the order of the requests alone.
//! Carts are paid for at the very deadline, and what nobody has ended by then is free a millisecond later: the customers
//! who come back find it, or find that somebody else was faster.
//!
//! **A run that was killed** goes through the same requests again. One whose key is known gets its first answer. One that
//! is unknown, while later ones are known, was refused: it is not asked again, since units that were free since might be
//! given to it now. From the last known one on, the ledger is what an undisturbed run would have seen.

use std::time::Instant;

use inventory_core::engine::{Answer, Snapshotter};
use inventory_core::machine::{Ledger, Rejection, Request};
use inventory_core::vocabulary::IdempotencyKey;
use inventory_core::writer::Writer;

use crate::books::Books;
use crate::carts::{Cart, Carts, Fate};
use crate::clock::Hands;
use crate::failure::Failure;
use crate::pipeline::{IN_FLIGHT_MAX, Pipeline};
use crate::progress::Progress;
use crate::sales::Sales;
use crate::selling::{Tally, count_in, save};

/// Most new carts of a round.
const ROUND_CARTS_MAX: usize = 2_048;
/// A small file is cut into at least as many rounds, so that it too has time to expire in.
const ROUNDS_MIN: usize = 32;

/// One run with carts.
#[derive(Debug)]
pub(crate) struct Shop<'a, 'b> {
    writer: &'a Writer,
    sales: &'b Sales,
    books: &'a mut Books<'b>,
    clock: &'a Hands,
    tally: Tally,
    carts: Carts,
    /// Requests ahead whose key an earlier process has written down.
    known_ahead: usize,
}

/// A cart, and whether its request was made.
type Asked = (Cart, bool);

impl<'a, 'b> Shop<'a, 'b> {
    /// A shop whose first customers are still to come.
    pub(crate) fn open(
        writer: &'a Writer,
        sales: &'b Sales,
        books: &'a mut Books<'b>,
        clock: &'a Hands,
    ) -> Self {
        Self {
            known_ahead: writer.reader().read(Ledger::key_count),
            writer,
            sales,
            books,
            clock,
            tally: Tally::default(),
            carts: Carts::default(),
        }
    }

    /// Counts the opening stock in, then lets the customers of every basket come in the order of the file.
    ///
    /// # Errors
    ///
    /// The engine has failed, has refused something for another reason than lack of stock, or has refused or granted what
    /// the books say it should not have.
    pub(crate) fn run(
        mut self,
        opening_key: impl Fn(usize) -> IdempotencyKey,
        snapshotter: &mut Snapshotter,
    ) -> Result<Tally, Failure> {
        let openings = self.books.opening_requests(&opening_key).count();
        self.known_ahead = self.known_ahead.saturating_sub(openings);
        let reader = self.writer.reader();
        let before = reader.head().sequence.number();
        self.tally.open_at_start = Some(reader.read(Ledger::open_reservations));
        count_in(self.writer, self.books, opening_key, &mut self.tally)?;
        save(snapshotter)?;

        let started = Instant::now();
        let total = self.sales.baskets.len();
        let mut progress = Progress::start(total);
        let round = (total / ROUNDS_MIN).clamp(1, ROUND_CARTS_MAX);
        let mut coming_back = Vec::new();
        let mut now = self.sales.baskets[0].sold_at;
        // The last round has only those who come back.
        for first in (0..=total.next_multiple_of(round)).step_by(round) {
            let new = first.min(total)..(first + round).min(total);
            if let Some(basket) = self.sales.baskets.get(first) {
                now = now.max(basket.sold_at);
            }
            let again = coming_back.drain(..);
            let new = new.map(|number| Cart {
                number,
                again: false,
            });
            let carts: Vec<_> = again.chain(new).collect();

            self.clock.set(now);
            let held = self.hold(&carts)?;
            let deadline = Cart::ttl().after(now);
            self.clock.set(deadline);
            coming_back = self.end(&held)?;
            now = deadline.plus_millis(1);
            progress.advance(carts.len() - coming_back.len());
            // What was forgotten is free by the time of the next round.
            let forgotten = held.iter().filter(|cart| cart.fate() == Fate::Forgotten);
            let forgotten: Vec<_> = forgotten.map(|cart| cart.lines(self.sales)).collect();
            self.carts.expired += forgotten.len();
            self.books.forget(&forgotten.concat());
        }
        self.tally.elapsed += started.elapsed();
        self.tally.carts = Some(self.carts);
        // Nobody is answered when a cart expires, so only the log knows how many events there were.
        self.tally.events_written = reader.head().sequence.number() - before;
        Ok(self.tally)
    }

    /// Holds carts and returns those that could be.
    fn hold(&mut self, carts: &[Cart]) -> Result<Vec<Cart>, Failure> {
        let mut held = Vec::new();
        let sales = self.sales;
        let make = |cart: Cart| Some(cart.hold(sales));
        self.ask(carts, make, |shop, cart, answer| {
            let lines = cart.lines(sales);
            let fits = shop.books.has(&lines);
            match answer {
                Some(Ok(_)) if fits => {
                    shop.books.hold(&lines);
                    shop.carts.held += 1;
                    held.push(cart);
                    Ok(())
                }
                None | Some(Err(Rejection::InsufficientStock { .. })) if !fits => {
                    shop.tally.refused += 1;
                    Ok(())
                }
                Some(Err(other)) => Err(shop.unexpected(cart, "was not held", Some(other))),
                Some(Ok(_)) => {
                    Err(shop.unexpected(cart, "was held, with more than was free", None))
                }
                None => Err(shop.unexpected(cart, "was refused, and enough was free", None)),
            }
        })?;
        Ok(held)
    }

    /// Ends carts as their customers want, and returns those whose customers will come back.
    fn end(&mut self, held: &[Cart]) -> Result<Vec<Cart>, Failure> {
        let sales = self.sales;
        let ended = |cart: Cart| cart.end();
        self.ask(held, ended, |shop, cart, answer| {
            let replayed = match answer {
                Some(Ok(replayed)) => replayed,
                Some(Err(other)) => {
                    return Err(shop.unexpected(cart, "was not ended", Some(other)));
                }
                None => {
                    return Err(shop.unexpected(cart, "was not ended, and later ones were", None));
                }
            };
            let lines = cart.lines(sales);
            if cart.fate() == Fate::Released {
                shop.books.set_free(&lines);
                shop.carts.released += 1;
                return Ok(());
            }
            shop.carts.committed += 1;
            shop.carts.returned += usize::from(cart.again);
            shop.tally.sold += 1;
            shop.tally.replayed += usize::from(replayed);
            shop.books.buy(&lines);
            Ok(())
        })?;
        let back = held.iter().filter(|cart| cart.fate() != Fate::Bought);
        let back = back.map(|&Cart { number, .. }| Cart {
            number,
            again: true,
        });
        Ok(back.collect())
    }

    /// Makes a request of each cart, and takes its answer: whether it was an earlier one again, a refusal, or nothing when
    /// an earlier process was refused. Comes back when nothing is on its way.
    fn ask(
        &mut self,
        carts: &[Cart],
        make: impl Fn(Cart) -> Option<Request>,
        mut take: impl FnMut(&mut Self, Cart, Option<Result<bool, Rejection>>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut pipeline = Pipeline::new(self.writer);
        let mut book = |shop: &mut Self, asked: Vec<Asked>, answers: Vec<Answer>| {
            let mut answers = answers.into_iter();
            for (cart, was_asked) in asked {
                let answer = match was_asked {
                    true => answers.next(),
                    false => None,
                };
                let answer = answer.map(|answer| answer.map(|receipt| receipt.replayed));
                take(shop, cart, answer)?;
            }
            Ok(())
        };
        let some = carts.len().div_ceil(IN_FLIGHT_MAX).max(1);
        for carts in carts.chunks(some) {
            let mut asked = Vec::with_capacity(carts.len());
            let mut requests = Vec::with_capacity(carts.len());
            for &cart in carts {
                let Some(request) = make(cart) else { continue };
                let ask = self.is_asked(&request);
                asked.push((cart, ask));
                requests.extend(ask.then_some(request));
            }
            if let Some((asked, answers)) = pipeline.submit(requests, asked)? {
                book(self, asked, answers)?;
            }
        }
        while let Some((asked, answers)) = pipeline.oldest()? {
            book(self, asked, answers)?;
        }
        Ok(())
    }

    /// Whether a request is to be made: not when an earlier process was refused, and has gone on since.
    fn is_asked(&mut self, request: &Request) -> bool {
        if self.known_ahead == 0 {
            return true;
        }
        let key = request.intent().map(|intent| &intent.key);
        let known = self
            .writer
            .reader()
            .read(|ledger| key.is_some_and(|key| ledger.find(None, key).is_some()));
        self.known_ahead -= usize::from(known);
        known
    }

    fn unexpected(&self, cart: Cart, what: &str, refusal: Option<Rejection>) -> Failure {
        let what = format!("cart {} {what}", cart.basket(self.sales).key);
        match refusal {
            Some(refusal) => Failure::storage_because(what, refusal),
            None => Failure::storage(what),
        }
    }
}
