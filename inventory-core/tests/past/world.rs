//! An engine in memory that does what a case says, and all that it has written, kept aside.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use inventory_core::conformance::adjust;
use inventory_core::engine::{Engine, Opened, Reader, Settings, Snapshotter};
use inventory_core::machine::{
    After, Annotations, Basis, Close, Command, Commit, Count, DeadLettered, Entry, Event, Extend,
    Guard, Hold, Level, Lines, Movement, MovementKind, Receive, ReceiveLine, Release, Request,
    SetAlert, Settlement, Ship, Thresholds,
};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{Clock, EventLog, Ports};
use inventory_core::vocabulary::{
    Chain, Delta, ProductId, Quantity, Reference, Sequence, StoreId, Timestamp, Ttl, Units, Uptime,
    Version,
};

use crate::draw::Step;

#[derive(Clone, Default)]
struct Hand(Arc<AtomicU64>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst)).expect("a case takes seconds")
    }

    fn uptime(&self) -> Uptime {
        Uptime::from_millis(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) struct World {
    storage: MemoryStorage,
    clock: Hand,
    engine: Option<Engine>,
    snapshotter: Option<Snapshotter>,
    /// Everything that was ever written.
    pub(crate) log: Vec<Arc<Entry>>,
    names: usize,
    requests: usize,
}

pub(crate) fn product(number: u8) -> ProductId {
    format!("p{number}").parse().expect("a name")
}

pub(crate) fn store(number: u8) -> StoreId {
    format!("s{number}").parse().expect("a name")
}

pub(crate) fn reference(number: usize) -> Reference {
    format!("order {number}").parse().expect("a text")
}

fn units(number: u64) -> Units {
    Units::new(number).expect("a small number")
}

fn seconds(number: u64) -> Ttl {
    Ttl::new(number).expect("a small number")
}

impl World {
    pub(crate) fn new() -> Self {
        let mut world = Self {
            storage: MemoryStorage::new(),
            clock: Hand::default(),
            engine: None,
            snapshotter: None,
            log: Vec::new(),
            names: 0,
            requests: 0,
        };
        world.clock.0.store(1_000, Ordering::SeqCst);
        world.open();
        world
    }

    pub(crate) fn reader(&self) -> Reader {
        self.engine().reader()
    }

    fn engine(&self) -> &Engine {
        self.engine.as_ref().expect("it is open between steps")
    }

    /// Opens the engine again; what was not in the log before is kept aside.
    fn open(&mut self) {
        self.engine = None;
        let ports = Ports {
            clock: Arc::new(self.clock.clone()),
            ..self.storage.ports()
        };
        let Opened {
            engine,
            snapshotter,
            ..
        } = Engine::open(ports, Settings::default()).expect("memory never fails");
        self.engine = Some(engine);
        self.snapshotter = Some(snapshotter);
    }

    fn submit(&mut self, lines: Vec<Command>) {
        self.requests += 1;
        let about = Annotations {
            reference: self
                .requests
                .is_multiple_of(2)
                .then(|| reference(self.requests % 3)),
            ..Annotations::default()
        };
        let request = Request::unkeyed(lines).expect("a request has lines");
        let request = request.annotated(about);
        let engine = self.engine.as_mut().expect("it is open between steps");
        // What is refused is no part of the past.
        let answers = engine.submit([&request]).expect("memory never fails");
        let head = engine.reader().head().sequence;
        drop(answers);
        self.keep(head);
    }

    /// Takes what is new in the log.
    fn keep(&mut self, head: Sequence) {
        let known = self.log.last().map_or(Sequence::START, |last| last.last());
        if known == head {
            return;
        }
        let reader = self.storage.log().reader();
        let new = reader.read(known, usize::MAX).expect("memory never fails");
        self.log.extend(new);
    }

    fn name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}{}", self.names)
    }

    pub(crate) fn play(&mut self, step: &Step) {
        let held = |kind: &MovementKind| {
            let held = matches!(kind, MovementKind::Held { .. });
            kind.details().reservation.filter(|_| held)
        };
        let shipped = |kind: &MovementKind| {
            let shipped = matches!(kind, MovementKind::Shipped { .. });
            kind.details().transfer.filter(|_| shipped)
        };
        let lines = match *step {
            Step::Adjust(p, s, d) => vec![adjust(product(p).as_str(), store(s).as_str(), d)],
            Step::Two(p, s, d, q, t, e) => vec![
                adjust(product(p).as_str(), store(s).as_str(), d),
                adjust(product(q).as_str(), store(t).as_str(), e),
            ],
            Step::Count(p, s, n, release_holds) => {
                vec![
                    Count {
                        product: product(p),
                        store: store(s),
                        counted: Quantity::new(n).expect("a small number"),
                        basis: Basis::Now(Guard::Unguarded),
                        release_holds,
                    }
                    .into(),
                ]
            }
            Step::Hold(p, s, n, ttl) => {
                let id = self.name("r");
                vec![hold(&id, p, s, n, ttl)]
            }
            Step::HoldTwo(p, s, q, t, ttl) => {
                let id = self.name("r");
                vec![hold(&id, p, s, 1, ttl), hold(&id, q, t, 2, ttl)]
            }
            Step::Commit(at) => self.each(held, at, |reservation| {
                let lines = None;
                Commit { reservation, lines }.into()
            }),
            Step::Release(at) => self.each(held, at, |reservation| Release { reservation }.into()),
            Step::Extend(at, ttl) => self.each(held, at, |reservation| {
                let ttl = seconds(ttl);
                Extend { reservation, ttl }.into()
            }),
            Step::Ship(p, s, to, n) => {
                let transfer = self.name("t").parse().expect("a name");
                vec![
                    Ship {
                        transfer,
                        source: store(s),
                        destination: store(to),
                        product: product(p),
                        quantity: units(n),
                    }
                    .into(),
                ]
            }
            Step::Receive(at, n) => {
                let shipping = self.shipment(at);
                let lines = n.zip(shipping).and_then(|(n, product)| {
                    let quantity = units(n);
                    Lines::new(vec![ReceiveLine { product, quantity }]).ok()
                });
                self.each(shipped, at, |transfer| Receive { transfer, lines }.into())
            }
            Step::Close(at, lost) => self.each(shipped, at, |transfer| {
                let settlement = match lost {
                    true => Settlement::Lost,
                    false => Settlement::Returned,
                };
                Close {
                    transfer,
                    settlement,
                }
                .into()
            }),
            Step::Alert(p, s, low) => {
                let quantity = |units| Quantity::new(units).expect("a small number");
                let thresholds = Thresholds::new(quantity(low), quantity(low + 2));
                vec![
                    SetAlert {
                        product: product(p),
                        store: store(s),
                        thresholds: thresholds.expect("two more are more"),
                    }
                    .into(),
                ]
            }
            Step::Wait(millis) => {
                self.clock.0.fetch_add(millis, Ordering::SeqCst);
                return;
            }
            Step::Purge(retain) => {
                let snapshotter = self.snapshotter.as_mut().expect("it is open between steps");
                snapshotter.save().expect("memory never fails");
                let head = self.reader().head().sequence;
                let through = Sequence::new(head.number().saturating_sub(retain));
                let mut log = self.storage.log();
                return log.purge(through).expect("memory never fails");
            }
            Step::Poison(p, s, ahead, delta) => return self.poison(p, s, ahead, delta),
        };
        if !lines.is_empty() {
            self.submit(lines);
        }
    }

    fn each<T: Clone>(
        &self,
        of: impl Fn(&MovementKind) -> Option<T>,
        at: usize,
        line: impl FnOnce(T) -> Command,
    ) -> Vec<Command> {
        let events = self.log.iter().flat_map(|entry| entry.events.iter());
        let kinds = events.filter_map(|event| of(&event.movement()?.kind));
        let all: Vec<_> = kinds.collect();
        let newest = all.iter().rev().nth(at % all.len().max(1));
        newest.cloned().map(line).into_iter().collect()
    }

    /// The product of a shipment.
    fn shipment(&self, at: usize) -> Option<ProductId> {
        let events = self.log.iter().flat_map(|entry| entry.events.iter());
        let moved = events.filter_map(Event::movement);
        let shipped = moved.filter(|moved| matches!(moved.kind, MovementKind::Shipped { .. }));
        let all: Vec<_> = shipped.collect();
        let newest = all.iter().rev().nth(at % all.len().max(1));
        newest.map(|moved| moved.product.clone())
    }

    /// Writes what cannot be applied, behind the back of the engine, and starts it anew.
    fn poison(&mut self, p: u8, s: Option<u8>, ahead: u64, delta: i64) {
        let known = self.reader().read(|ledger| {
            let view = ledger.product(&product(p))?;
            Some(view.version().number())
        });
        let version = Version::new(known.unwrap_or_default() + ahead).expect("a small number");
        let event = match s {
            None => Event::DeadLettered(DeadLettered {
                product: Some(product(p)),
                version: Some(version),
                raw: r#"{"type":"StockLent"}"#.into(),
            }),
            Some(s) => Event::Moved(Movement {
                kind: MovementKind::Counted,
                product: product(p),
                store: store(s),
                delta: Delta::new(delta).expect("a small number"),
                reserved_delta: Delta::ZERO,
                after: After {
                    // More than any case comes to: it does not follow.
                    level: Level::new(Quantity::new(90_000).expect("small"), Quantity::ZERO)
                        .expect("nothing is reserved"),
                    version,
                    total: Quantity::new(70_000).expect("small"),
                },
            }),
        };
        let mut log = self.storage.log();
        let head = log.head();
        let mut entry = Entry {
            first: head.sequence.next(),
            recorded_at: head.recorded_at,
            intent: None,
            outcomes: Box::default(),
            events: [event].into(),
            annotations: None,
            chain: Chain::from_bits(7),
        };
        entry.chain = entry.chain_after(head.chain).unwrap_or(entry.chain);
        let entry = Arc::new(entry);
        log.append(head.sequence, &[Arc::clone(&entry)])
            .expect("nobody else writes");
        self.log.push(entry);
        self.open();
    }
}

fn hold(id: &str, p: u8, s: u8, n: u64, ttl: u64) -> Command {
    Hold {
        reservation: id.parse().expect("a name"),
        product: product(p),
        store: store(s),
        quantity: units(n),
        ttl: seconds(ttl),
    }
    .into()
}
