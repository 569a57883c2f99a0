//! Whatever somebody does to the clock: what a customer with a watch and a customer with a key see of it. No rule of the
//! engine is used; the watch is right, and never stops.

use inventory_core::engine::EngineError;
use inventory_core::machine::{Rejection, WindowLimits};
use inventory_core::testing::{Defect, with};
use inventory_core::vocabulary::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{RngSeed, TestError, TestRunner};

use crate::world::{DAY, HOUR, MINUTE, SECOND, World, YEAR, at, commit, hold};

const CASES: u32 = 192;

/// Chosen once: what fails here fails again.
const SEED: u64 = 0x1d10_717e;

/// How far a clock may be off when somebody has set it.
const OFF: [u64; 9] = [
    300,
    SECOND,
    30 * MINUTE,
    HOUR,
    HOUR + 1,
    5 * HOUR,
    DAY,
    8 * DAY,
    3 * YEAR,
];

#[derive(Debug, Clone)]
enum Step {
    /// Real time passes, and the clock shows it.
    Pass(u64),
    /// Real time passes while the clock stands.
    Stand(u64),
    /// Somebody sets the clock: so far ahead of the right time, or behind it.
    SyncLevel(i64),
    /// A customer holds a unit for so many seconds.
    Hold(u64),
    /// A customer takes what was held as the so many-last.
    Commit(usize),
    /// A sale under a new key.
    Sell,
    /// A sale under the so many-last key.
    Again(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let pass = vec![300, SECOND, 29 * SECOND, 31 * SECOND, MINUTE, HOUR, DAY];
    let off = || select(&OFF[..]).prop_map(|off| off as i64);
    prop_oneof![
        6 => select(pass.clone()).prop_map(Step::Pass),
        1 => select(pass).prop_map(Step::Stand),
        2 => off().prop_map(Step::SyncLevel),
        1 => off().prop_map(|off| Step::SyncLevel(-off)),
        2 => Just(Step::SyncLevel(0)),
        4 => select(vec![1, 60, 3_600]).prop_map(Step::Hold),
        3 => (0..3usize).prop_map(Step::Commit),
        2 => Just(Step::Sell),
        3 => (0..5usize).prop_map(Step::Again),
    ]
}

/// A moment, as the watch shows it and as the engine takes it.
#[derive(Debug, Clone, Copy)]
struct Moment {
    watch: u64,
    /// How far the clock is ahead of the watch.
    clock: i64,
    /// How far the engine is.
    engine: i64,
}

/// Something that a customer was promised.
struct Promise {
    name: String,
    made: Moment,
    lasts: u64,
}

struct Street {
    shop: World,
    watch: u64,
    off: i64,
    moments: Vec<Moment>,
    holds: Vec<Promise>,
    keys: Vec<Promise>,
}

impl Street {
    fn new() -> Self {
        let mut street = Self {
            shop: World::new(),
            watch: 0,
            off: 0,
            moments: Vec::new(),
            holds: Vec::new(),
            keys: Vec::new(),
        };
        street.look();
        street
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Pass(millis) => {
                self.watch += millis;
                self.shop.clock.advance_millis(millis);
            }
            Step::Stand(millis) => {
                self.watch += millis;
                self.off -= millis as i64;
                self.shop.clock.stand_millis(millis);
            }
            Step::SyncLevel(off) => {
                self.off = off;
                let shown = at(0).millis() + self.watch;
                let shown = Timestamp::from_millis(shown.saturating_add_signed(off));
                self.shop.clock.leap_to(shown.unwrap());
            }
            Step::Hold(seconds) => self.hold(seconds),
            Step::Commit(back) => self.commit(back),
            Step::Sell => self.sell(format!("basket-{}", self.keys.len())),
            Step::Again(back) => {
                let key = self.keys.iter().rev().nth(back);
                if let Some(key) = key.map(|key| key.name.clone()) {
                    self.sell(key);
                }
            }
        }
        self.look();
    }

    fn now(&self) -> Moment {
        *self.moments.last().unwrap()
    }

    /// Looks at the time, and at everything that was promised of it.
    fn look(&mut self) {
        let time = self.shop.time();
        let right = at(self.watch).millis() as i64;
        let now = Moment {
            watch: self.watch,
            clock: self.off,
            engine: time.now.millis() as i64 - right,
        };
        self.moments.push(now);
        assert_eq!(
            time.leap.is_some_and(|leap| leap.is_refused()),
            now.clock > now.engine + HOUR as i64,
            "{now:?}"
        );
        assert_eq!(
            time.behind.millis() as i64,
            (now.engine - now.clock).max(0),
            "{now:?}"
        );
        // Nobody consents to anything here.
        assert!(now.engine <= (DAY + now.watch) as i64, "{now:?}");
        let stood = |shown: &dyn Fn(i64) -> bool| {
            let last = self.moments.iter().rev();
            let first = last.take_while(|past| shown(past.clock)).last();
            first.is_some_and(|first| first.watch + MINUTE <= now.watch)
        };
        if let [.., before, _] = self.moments[..] {
            assert!(now.engine >= before.engine, "it is slower than the watch");
            let believed = now.engine == before.engine || stood(&|clock| clock >= now.engine);
            assert!(believed, "{now:?} after {before:?}");
        }
        let stands = stood(&|clock| clock == now.clock) && now.clock <= DAY as i64;
        let lags = now.clock - now.engine;
        assert!(!stands || lags <= SECOND as i64, "{now:?} has stood");
    }

    fn hold(&mut self, seconds: u64) {
        let (now, name) = (self.now(), format!("cart-{}", self.moments.len()));
        let held = self.shop.ask(&name, hold(&name, seconds));
        if self.is_answered(&held) && held.is_ok_and(|held| held.is_ok()) {
            let (made, lasts) = (now, seconds * SECOND);
            self.holds.push(Promise { name, made, lasts });
        }
    }

    fn commit(&mut self, back: usize) {
        let now = self.now();
        let Some(at) = self.holds.len().checked_sub(back + 1) else {
            return;
        };
        let Promise { name, made, lasts } = &self.holds[at];
        let key = format!("commit-{name}-{}", self.moments.len());
        let (commit, passed) = (commit(name), now.watch - made.watch);
        let gained = (now.engine - made.engine) as u64;
        let lasts = *lasts;
        let answer = self.shop.ask(&key, commit);
        if !self.is_answered(&answer) {
            return;
        }
        match answer.unwrap() {
            Ok(_) => {
                assert!(passed <= lasts, "held for {passed} ms of {lasts}");
                self.holds.remove(at);
            }
            Err(Rejection::ReservationEnded { .. } | Rejection::UnknownReservation { .. }) => {
                assert!(
                    passed + gained > lasts,
                    "ended after {passed} ms of {lasts}"
                );
            }
            Err(refused) => panic!("{refused}"),
        }
    }

    fn sell(&mut self, key: String) {
        let (now, available) = (self.now(), self.shop.available());
        let answer = self.shop.ask(&key, vec![adjust()]);
        if !self.is_answered(&answer) {
            assert_eq!(self.shop.available(), available, "nothing was done");
            return;
        }
        let first = self.keys.iter().rposition(|known| known.name == key);
        let Ok(receipt) = answer.unwrap() else {
            assert!(first.is_none_or(|first| self.is_old(first)));
            return;
        };
        if let Some(first) = first {
            assert!(
                receipt.replayed || self.is_old(first),
                "{key} was sold twice"
            );
        }
        if !receipt.replayed {
            let lasts = WindowLimits::default().age_ms;
            let name = key;
            self.keys.push(Promise {
                name,
                made: now,
                lasts,
            });
        }
    }

    fn is_old(&self, key: usize) -> bool {
        let Promise { made, lasts, .. } = &self.keys[key];
        let now = self.now();
        let gained = (now.engine - made.engine) as u64;
        now.watch - made.watch + gained > *lasts
    }

    /// Whether the engine has looked at a request: not while the clock is too far ahead.
    fn is_answered<T>(&self, answer: &Result<T, EngineError>) -> bool {
        let now = self.now();
        let refused = matches!(answer, Err(EngineError::ClockLeapt(_)));
        assert_eq!(refused, now.clock > now.engine + HOUR as i64, "{now:?}");
        !refused
    }
}

fn adjust() -> inventory_core::machine::Command {
    inventory_core::conformance::adjust("tea", "north", -1)
}

fn config() -> ProptestConfig {
    let mut config = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(SEED);
    }
    config
}

/// Panics when a customer has something to complain of.
fn live(steps: &[Step]) {
    let mut street = Street::new();
    for step in steps {
        street.step(step);
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn customers_get_what_they_were_promised_whatever_is_done_to_the_clock(
        steps in vec(step(), 1..60),
    ) {
        live(&steps);
    }
}

#[test]
fn a_leap_that_is_believed_is_seen() {
    let mut runner = TestRunner::new(ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 0,
        ..config()
    });
    let seen = runner.run(&vec(step(), 1..60), |steps| {
        with(Defect::LeapBelieved, || live(&steps));
        Ok(())
    });
    assert!(matches!(seen, Err(TestError::Fail(..))), "{seen:?}");
}
