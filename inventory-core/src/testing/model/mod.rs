//! A naive model of the engine: ordered maps, plain integers, copies and linear searches, obviously right.
//!
//! It shares no rule and no arithmetic with the machine; of its types it uses those that callers see. Whoever disagrees
//! with it is wrong, or has found a mistake in a few hundred lines that can be read at one go.
//!
//! ```text
//!  Model ── State ─┬─ stock          what is where, and what an event does to it
//!                  ├─ reservations   in the order in which they were made
//!                  ├─ transfers      in the order in which they were shipped
//!                  └─ alerts         by level
//!        └─ Window ── Meaning        what was asked under a key
//! ```

mod alert;
mod commands;
mod count;
mod difference;
mod meaning;
mod number;
mod predicted;
mod records;
mod reservation;
mod room;
mod sound;
mod stock;
mod transfer;
mod window;

use crate::machine::{
    Command, Event, Intent, Level, Line, Movement, MovementKind, Rejection, Request, RowOutcome,
    Skip, WindowLimits,
};
use crate::vocabulary::{Quantity, ReservationId, Timestamp, TransferId, Version};

pub use predicted::Predicted;

use number::Number;
use stock::{Product, State, Stock, mention};
use window::{KeyName, Remembered, Window, forget};

/// What the ledger should be, after the same requests at the same times.
///
/// The engine decides a group on the window as it was before the group: [`Model::decide`] each request of it, then
/// [`Model::publish`]. [`Model::submit`] is a group of one.
#[derive(Debug, Clone)]
pub struct Model {
    events: Number,
    recorded_at_ms: u64,
    state: State,
    window: Window,
}

impl Model {
    /// A model before the first request.
    pub fn new(limits: WindowLimits) -> Self {
        Self {
            events: 0,
            recorded_at_ms: 0,
            state: State::default(),
            window: Window::new(limits),
        }
    }

    /// Gives a product a past that the model has not followed: before all that it follows. The stores of all such products
    /// were heard of in the order of their names.
    pub fn assume(&mut self, product: &str, version: Version, levels: &[(&str, Level)]) {
        let stores = levels
            .iter()
            .map(|&(store, level)| (store.to_owned(), Stock::of(level)));
        for (store, _) in levels {
            mention(&mut self.state.named.stores, store);
        }
        self.state.named.stores.sort();
        mention(&mut self.state.named.products, product);
        let known = Product {
            version: version.number().into(),
            quarantined: false,
            promised_to_nobody: levels
                .iter()
                .any(|(_, level)| level.reserved() > Quantity::ZERO),
            stores: stores.collect(),
        };
        self.state.products.insert(product.to_owned(), known);
    }

    /// What the answer to a request should be that is alone in its group.
    pub fn submit(&mut self, request: &Request, now: Timestamp) -> Predicted {
        self.expire(now);
        let predicted = self.decide(request, now);
        self.publish();
        predicted
    }

    /// Begins a group: sets free all that is due and ends a portion of the reservations. Returns the one entry that says so.
    /// The engine sets free a portion of many levels, and of the others what a request sees.
    pub fn expire(&mut self, now: Timestamp) -> Option<Predicted> {
        let at_ms = self.recorded_at_ms.max(now.millis());
        let first = self.events + 1;
        self.state.begin(first, at_ms);
        self.state.expire();
        self.state.tell_all();
        let movements = self.write(at_ms);
        (!movements.is_empty()).then(|| Predicted::Applied {
            first: first as u64,
            movements,
            outcomes: Vec::new(),
        })
    }

    /// The reservations that have not ended, in the order in which they were made.
    pub fn open_reservations(&self) -> impl Iterator<Item = &ReservationId> {
        let open = self.state.reservations.iter().filter(|it| it.is_open());
        open.map(|reservation| &reservation.id)
    }

    /// The transfers that have not ended, in the order in which they were shipped.
    pub fn open_transfers(&self) -> impl Iterator<Item = &TransferId> {
        let open = self.state.transfers.iter().filter(|it| it.is_open());
        open.map(|transfer| &transfer.id)
    }

    /// What the answer to the next request of a group should be, which [`Model::expire`] began at the same time.
    pub fn decide(&mut self, request: &Request, now: Timestamp) -> Predicted {
        if let Some(intent) = request.intent()
            && let Some(first) = self.window.find(&name(intent))
        {
            return first.answer(request);
        }
        let at_ms = self.recorded_at_ms.max(now.millis());
        let first = self.events + 1;
        // All or none: a refused request changes a copy that is thrown away.
        let mut state = self.state.clone();
        state.begin(first, at_ms);
        let (mut outcomes, mut left) = (Vec::new(), Vec::new());
        let synchronises = |command: &Command| matches!(command, Command::SyncLevel(_));
        let synchronises = request.commands().iter().any(synchronises);
        for (line, command) in request.commands().iter().enumerate() {
            let written = state.written.len();
            let mut outcome = state.outcome(command);
            if !outcome.is_skipped()
                && let Err(rejection) = state.apply(Line(line), command)
            {
                return Predicted::Refused(rejection);
            }
            let wrote = &state.written[written..];
            if matches!(command, Command::SetAlert(_)) && wrote.is_empty() {
                outcome = RowOutcome::Skipped(Skip::Unchanged);
            }
            outcomes.push(outcome);
            left.push(wrote.last().map(on_hand));
        }
        if !synchronises && !outcomes.iter().any(|outcome| outcome.is_skipped()) {
            outcomes.clear();
        }
        if let Some(scope) = request.scope()
            && let Some(foreign) = state.written.iter().find(|it| !scope.contains(&it.store))
        {
            return Predicted::Refused(Rejection::OutOfScope {
                store: foreign.store.clone(),
                reservation: foreign.kind.details().reservation,
            });
        }
        state.tell_all();
        if state.written.is_empty() {
            if request.intent().is_none() {
                let outcomes = outcomes.into();
                return Predicted::Refused(Rejection::NothingToDo { outcomes });
            }
            // It was answered: that has to be remembered, and what is remembered is in the log.
            let (product, store) = commands::level(&request.commands()[0])
                .expect("only lines about a level may write nothing");
            state.note(product, store, MovementKind::Unchanged);
        }
        self.state = state;
        let movements = self.write(at_ms);
        if let Some(intent) = request.intent() {
            let remembered = Remembered::new(name(intent), first, at_ms, request, &outcomes, &left);
            self.window.remember_later(remembered);
        }
        Predicted::Applied {
            first: first as u64,
            movements,
            outcomes,
        }
    }

    /// Ends a group: its keys push older ones out of the window, and what has ended in it pushes out what ended before.
    pub fn publish(&mut self) {
        self.window.remember();
        let limits = self.window.limits;
        forget(&mut self.state.reservations, limits);
        forget(&mut self.state.transfers, limits);
    }

    /// An event stands in the log that cannot be applied, in an entry of its own without a key.
    pub fn bury(&mut self, event: &Event, recorded_at: Timestamp) {
        self.events += 1;
        self.recorded_at_ms = self.recorded_at_ms.max(recorded_at.millis());
        if let Some(movement) = event.movement() {
            mention(&mut self.state.named.stores, movement.store.as_str());
        }
        if let Some(product) = event.product() {
            let product = self.state.hear_of(product.as_str());
            let claimed = event.version().map_or(0, |version| version.number().into());
            product.version = product.version.max(claimed);
            product.quarantined = true;
        }
    }

    /// Makes what was written an entry, unless it is nothing, and returns it.
    fn write(&mut self, at_ms: u64) -> Vec<Movement> {
        let written = std::mem::take(&mut self.state.written);
        self.events += written.len() as Number;
        if !written.is_empty() {
            self.recorded_at_ms = at_ms;
        }
        written
    }
}

impl State {
    /// What becomes of a line if it is not refused.
    fn outcome(&self, command: &Command) -> RowOutcome {
        if let Some(skip) = self.skipped(command) {
            return RowOutcome::Skipped(skip);
        }
        let of_alert = matches!(command, Command::SetAlert(_) | Command::RemoveAlert(_));
        let level = commands::level(command).filter(|_| !of_alert);
        let is_known = level.is_none_or(|(product, store)| {
            let product = self.products.get(product.as_str());
            product.is_some_and(|product| product.stores.contains_key(store.as_str()))
        });
        match is_known {
            true => RowOutcome::Updated,
            false => RowOutcome::Created,
        }
    }

    fn apply(&mut self, line: Line, command: &Command) -> Result<(), Rejection> {
        match command {
            Command::Adjust(adjust) => self.adjust(line, adjust),
            Command::Count(count) => self.count(line, count),
            Command::SyncLevel(set) => self.set(line, set),
            Command::Hold(hold) => self.hold(line, hold),
            Command::Commit(commit) => self.commit(line, commit),
            Command::Release(release) => self.release(line, release),
            Command::Extend(extend) => self.extend(extend),
            Command::Ship(ship) => self.ship(line, ship),
            Command::Receive(receive) => self.receive(line, receive),
            Command::Close(close) => self.close(line, close),
            Command::SetAlert(set) => self.set_alert(line, set),
            Command::RemoveAlert(remove) => self.remove_alert(remove),
        }
    }
}

/// What a key is remembered by: whose it is, and its text.
fn name(intent: &Intent) -> KeyName {
    let caller = intent.caller.as_ref().map(ToString::to_string);
    (caller, intent.key.to_string())
}

fn on_hand(movement: &Movement) -> Number {
    movement.after.level.on_hand().units().into()
}
