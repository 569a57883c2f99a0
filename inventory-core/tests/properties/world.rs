//! The world that a case is played in: an engine, the storage that outlives it, the model, and a follower.

use std::collections::BTreeSet;
use std::sync::Arc;

use inventory_core::conformance::assert_same_image;
use inventory_core::engine::{
    Answer, Awaits, Engine, EngineError, EngineTime, OpenError, Opened, Reader, Settings,
    Snapshotter, Subscription,
};
use inventory_core::machine::replica::apply;
use inventory_core::machine::{Entry, Event, Ledger, Request};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{Clock, EventLog};
use inventory_core::testing::{
    AppendFault, Call, Faults, ManualClock, Model, Predicted, answered_early,
};
use inventory_core::vocabulary::{Sequence, Span, Timestamp};

use crate::answered::Answered;
use crate::asking::requests;
use crate::audit::audit;
use crate::draw::{Rules, Step};
use crate::names::answer_name;

/// Late enough that the clock can go back.
const START_MS: u64 = 1_000_000;

pub(crate) struct World {
    rules: Rules,
    storage: MemoryStorage,
    clock: ManualClock,
    faults: Faults,
    engine: Engine,
    snapshotter: Snapshotter,
    follower: Subscription,
    model: Model,
    /// All that was ever written, as the follower has seen it.
    log: Vec<Arc<Entry>>,
    /// Every request that was submitted.
    asked: Vec<Request>,
    /// What was answered with success under a key.
    answered: Vec<Answered>,
    /// The situations that the case has come to.
    reached: BTreeSet<&'static str>,
}

impl World {
    pub(crate) fn new(rules: Rules) -> Self {
        let storage = MemoryStorage::new();
        let start = Timestamp::from_millis(START_MS).expect("a moment before the year 9999");
        let clock = ManualClock::at(start);
        let faults = Faults::new();
        let opened = open(&storage, &clock, rules, &faults).expect("an empty storage opens");
        Self {
            rules,
            storage,
            clock,
            faults,
            follower: opened.engine.reader().subscribe(Sequence::START),
            engine: opened.engine,
            snapshotter: opened.snapshotter,
            model: Model::new(rules.window),
            log: Vec::new(),
            asked: Vec::new(),
            answered: Vec::new(),
            reached: BTreeSet::new(),
        }
    }

    /// Lives through it: panics when the engine and the model differ, or the past is not sound.
    pub(crate) fn play(rules: Rules, steps: &[Step]) {
        let mut world = Self::new(rules);
        for step in steps {
            world.step(step);
        }
        world.audit();
    }

    pub(crate) fn log(&self) -> &[Arc<Entry>] {
        &self.log
    }

    pub(crate) fn asked(&self) -> &[Request] {
        &self.asked
    }

    pub(crate) fn reached(&self) -> &BTreeSet<&'static str> {
        &self.reached
    }

    pub(crate) fn step(&mut self, step: &Step) {
        match step {
            Step::Submit(group, fault) => {
                let reader = self.engine.reader();
                let requests = reader.read(|ledger| requests(group, &self.asked, ledger));
                self.asked.extend(requests.iter().cloned());
                self.submit(&requests, *fault);
            }
            Step::Clock(by) => self.clock.set(self.shows(*by)),
            Step::Leap(by) => self.clock.leap_to(self.shows(*by)),
            Step::Stand(millis) => self.clock.stand_millis(*millis),
            Step::PutRight => {
                let passed = self.clock.uptime().millis();
                let right = Timestamp::UNIX_EPOCH.plus_millis(START_MS + passed);
                self.clock.leap_to(right);
            }
            Step::Restart(fails) => self.restart(*fails),
            Step::Snapshot { fails } => self.snapshot(*fails),
            Step::FailPurge => self.faults.fail(0, Call::Purge),
        }
        self.compare();
    }

    /// Sends again whatever was answered, and asserts what that must not do.
    pub(crate) fn ask_all_again(&mut self) {
        let leapt = |reader: &Reader| reader.time().leap.is_some_and(|leap| leap.is_refused());
        if leapt(&self.engine.reader()) {
            // Nobody is answered until the clock is right again.
            return;
        }
        // Whatever is due expires now: that is nobody's request.
        let is_due = |reader: &Reader| {
            let next = reader.read(Ledger::next_deadline);
            next.is_some_and(|next| next < reader.time().now)
        };
        while is_due(&self.engine.reader()) {
            self.submit(&[], None);
        }
        let answered = std::mem::take(&mut self.answered);
        let levels = crate::answered::levels(&self.engine.reader());
        let again: Vec<_> = answered.iter().map(|known| known.request.clone()).collect();
        let answers = self.engine.submit(&again).expect("memory never fails");
        for (known, answer) in answered.iter().zip(&answers) {
            known.assert_same(answer);
        }
        let after = crate::answered::levels(&self.engine.reader());
        assert_eq!(after, levels, "requests that were answered before");
        self.answered = answered;
        self.compare();
    }

    /// Checks the whole past: that it is sound, that the log has its end, and that a ledger that follows it from its
    /// first event is the published one, to the last byte of its image.
    pub(crate) fn audit(&self) {
        let units = audit(&self.log, self.rules.window);
        assert_eq!(units, self.model.units(), "units at stores and on the way");
        let kept = self.storage.log().reader();
        let kept = kept
            .read(kept.floor(), usize::MAX)
            .expect("memory never fails");
        assert!(self.log.ends_with(&kept), "the log is what was followed");
        let mut replayed = Ledger::new(self.rules.window);
        for entry in &self.log {
            assert_eq!(apply(&mut replayed, entry), Ok(vec![]));
        }
        assert_same_image(&self.engine.reader().image(), &replayed.freeze());
    }

    /// What the clock shows once it is set ahead or back.
    fn shows(&self, by: i64) -> Timestamp {
        let now = self.clock.now().millis().saturating_add_signed(by);
        Timestamp::from_millis(now).expect("cases are short")
    }

    /// A clock that is too far ahead lets nothing be done. What time it is then, and that it is none that customers would
    /// complain of, is tested where nothing else happens.
    fn time(&mut self, requests: &[Request]) -> Option<Timestamp> {
        let EngineTime { now, behind, leap } = self.engine.reader().time();
        if behind > Span::ZERO {
            self.reached.insert("clock behind");
        }
        let Some(leap) = leap else {
            return Some(now);
        };
        self.reached.insert(match leap.awaits {
            Awaits::Standing(_) => "clock ahead",
            Awaits::Operator => "clock far ahead",
        });
        if !leap.is_refused() {
            return Some(now);
        }
        let head = self.engine.reader().head();
        let refused = self.engine.submit(requests);
        assert!(
            matches!(refused, Err(EngineError::ClockLeapt(_))),
            "{refused:?}"
        );
        assert_eq!(self.engine.reader().head(), head);
        None
    }

    fn submit(&mut self, requests: &[Request], fault: Option<AppendFault>) {
        let Some(now) = self.time(requests) else {
            return;
        };
        let before = self.model.clone();
        let expired = self.model.expire(now).is_some();
        let decide = |request| self.model.decide(request, now);
        let predicted: Vec<_> = requests.iter().map(decide).collect();
        self.model.publish();
        // Where nothing is written, no append can fail.
        let fault = fault.filter(|_| expired || predicted.iter().any(is_applied));
        if let Some(fault) = fault {
            self.faults.fail_append(0, fault);
        }
        match (self.engine.submit(requests), fault) {
            (Ok(answers), None) => {
                self.compare_answers(&answers, &predicted);
                let pairs = requests.iter().zip(&answers);
                self.answered.extend(pairs.filter_map(Answered::of));
            }
            (Err(error), Some(fault)) => {
                self.model = before;
                self.survive(requests, now, fault, &error);
            }
            (outcome, fault) => panic!("{outcome:?} from an append with {fault:?}"),
        }
    }

    /// Nothing of a group that failed was shown. What is durable of it counts from the next start on, and whoever asks
    /// again under the same key is told so.
    fn survive(
        &mut self,
        requests: &[Request],
        now: Timestamp,
        fault: AppendFault,
        error: &EngineError,
    ) {
        assert_eq!(answered_early(), [], "a refusal was not to be known yet");
        self.compare();
        match fault {
            AppendFault::NotWritten => {
                assert!(matches!(error, EngineError::NotWritten { .. }), "{error}");
                self.reached.insert("not written");
            }
            AppendFault::Conflict => {
                assert!(matches!(error, EngineError::Fenced { .. }), "{error}");
                self.reached.insert("fenced");
                self.expect_stopped(requests);
            }
            AppendFault::OutcomeUnknown { durable } => {
                assert!(error.outcome_is_unknown(), "{error}");
                self.expect_stopped(requests);
                let mut written = usize::from(durable > 0 && self.model.expire(now).is_some());
                for request in requests {
                    if written < durable && is_applied(&self.model.decide(request, now)) {
                        written += 1;
                    }
                }
                self.model.publish();
                self.reached.insert(match written {
                    0 => "nothing of a group durable",
                    _ => "some of a group durable",
                });
            }
        }
        if !error.engine_goes_on() {
            self.restart(None);
            self.compare();
        }
        let keyed = requests.iter().filter(|request| request.intent().is_some());
        let again: Vec<_> = keyed.cloned().collect();
        self.submit(&again, None);
    }

    fn expect_stopped(&mut self, requests: &[Request]) {
        let again = self.engine.submit(requests);
        assert!(matches!(again, Err(EngineError::Stopped)), "{again:?}");
    }

    fn compare_answers(&mut self, answers: &[Answer], predicted: &[Predicted]) {
        assert_eq!(answers.len(), predicted.len());
        for (answer, predicted) in answers.iter().zip(predicted) {
            let found = match answer {
                Ok(receipt) if receipt.replayed => {
                    // An answer in the group itself is not in the log that was followed so far.
                    let first = self
                        .log
                        .iter()
                        .find(|entry| entry.first == receipt.entry.first);
                    assert!(first.is_none_or(|first| *first == receipt.entry));
                    Predicted::replayed(&receipt.entry)
                }
                Ok(receipt) => Predicted::applied(&receipt.entry),
                Err(rejection) => Predicted::Refused(rejection.clone()),
            };
            assert!(
                predicted.is(&found),
                "the model disagrees: {found:?} in place of {predicted:?}"
            );
            self.reached.insert(answer_name(predicted));
        }
    }

    fn restart(&mut self, fails: Option<Call>) {
        let head = self.storage.log().head();
        let downtime = Span::from_millis(self.clock.now().millis_since(head.recorded_at));
        if head.sequence > Sequence::START && downtime > Span::YEAR {
            let refused = open(&self.storage, &self.clock, self.rules, &Faults::new());
            assert!(
                matches!(refused, Err(OpenError::ClockAhead(_))),
                "{refused:?}"
            );
            self.reached.insert("clock ahead of the log");
            self.clock.leap_to(head.recorded_at);
        }
        if let Some(call) = fails {
            let faults = Faults::new();
            faults.fail(0, call);
            match open(&self.storage, &self.clock, self.rules, &faults) {
                Ok(_) => assert_eq!(faults.calls(call), 0, "a fault was passed over"),
                Err(error) => {
                    assert!(!error.is_damage(), "{error}");
                    self.reached.insert("start that fails");
                }
            }
        }
        self.faults = Faults::new();
        let opened = open(&self.storage, &self.clock, self.rules, &self.faults);
        let opened = opened.expect("healthy storage is never refused");
        assert!(!opened.report.is_degraded());
        if opened.report.from_snapshot.is_some() && opened.report.events_replayed > 0 {
            self.reached.insert("replay after a snapshot");
        }
        self.follower = opened.engine.reader().subscribe(self.follower.position());
        self.engine = opened.engine;
        self.snapshotter = opened.snapshotter;
    }

    fn snapshot(&mut self, fails: bool) {
        let (saved, head) = (self.snapshotter.saved(), self.engine.reader().head());
        let fails = fails && saved != head.sequence;
        if fails {
            self.faults.fail(0, Call::Save);
            self.reached.insert("snapshot that fails");
        }
        assert_eq!(self.snapshotter.save().ok(), (!fails).then_some(head));
        let newest = if fails { saved } else { head.sequence };
        assert_eq!(self.snapshotter.saved(), newest);
    }

    /// The published ledger is the model, the follower sees all of it, and the log gives up no more than it may.
    fn compare(&mut self) {
        let reader = self.engine.reader();
        let difference = reader.read(|ledger| self.model.difference(ledger));
        assert_eq!(difference, None);
        loop {
            let page = self.follower.take(3).expect("what is new was not purged");
            if page.is_empty() {
                break;
            }
            let events = page.iter().flat_map(|entry| &entry.events);
            self.reached.extend(events.map(Event::type_name));
            self.log.extend(page);
        }
        if reader.read(Ledger::keys_evicted_early) > 0 {
            self.reached.insert("key evicted early");
        }
        let (head, floor) = (reader.head().sequence, reader.floor());
        if floor > Sequence::START {
            self.reached.insert("purged");
        }
        assert_eq!(self.follower.position(), head);
        assert!(floor <= self.snapshotter.saved());
        let retained = self.rules.retain_events.unwrap_or(u64::MAX);
        assert!(head.events_since(floor) >= retained.min(head.number()));
    }
}

fn open(
    storage: &MemoryStorage,
    clock: &ManualClock,
    rules: Rules,
    faults: &Faults,
) -> Result<Opened, OpenError> {
    let mut ports = faults.wrap(storage.ports());
    ports.clock = Arc::new(clock.clone());
    let settings = Settings::default()
        .with_window(rules.window)
        .with_retain_events(rules.retain_events);
    Engine::open(ports, settings)
}

fn is_applied(predicted: &Predicted) -> bool {
    matches!(predicted, Predicted::Applied { .. })
}
