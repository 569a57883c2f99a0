//! The interpreter of scenario tables: one step a line, what it asks on the left, what is answered on the right.
//!
//! ```text
//! window 60s 2                                      age and number of keys, first of all
//! given tea v5 north 10/4 south 3/0                 a past: version, and on hand / reserved at each store
//! at 1s  count tea@north 10                         -> 10 v1
//!        adjust tea@south +5 @1 key k1              -> 5 v2 total 15
//!   also adjust tea@north -1 & adjust rice@x -1     -> refused: InsufficientStock, line 1 has 0
//!        merge tea@north 9 @3 & overwrite rice@x 4  -> stale & created 4 v1
//!        hold r1 60s tea@north 3 & hold r1 60s rice@x 1 -> held 7 v3 & held 3 v2
//!        commit r1 tea@north 2                      -> committed 8 v4 & released 4 v3
//!        ship t1 north>south tea 3                  -> shipped 5 v5
//!        receive t1 tea 2                           -> received 2 v6 total 7 left 1
//!        count tea@north 4 release                  -> 4 v7 total 6
//!        count tea@north 3 since 12/5               -> 2 v8 total 4
//!        alert tea@north 2/5                        -> alerted & low 2
//! at 90s nothing                                    -> nothing
//! poison tea v3                                     an entry of one event of an unknown type
//! restart                                           from a snapshot
//! ```
//!
//! An answer is `AT_STORE vVERSION` for each event, with the total where it differs and a word for what it is; `also` decides
//! a request in the same group as the one above it. `@1` demands a version, `max` is the largest quantity, time stays until
//! it is set again. `nothing` is answered with what expires.
//!
//! After every step the ledger is compared with the naive model, and at the end with a replay of all that was written.

mod answer;
mod command;
mod number;
mod step;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use inventory_core::conformance::assert_same_image;
use inventory_core::machine::dry_run::{Decision, Draft, Portion, Staging, decide, expire};
use inventory_core::machine::replica::{
    Image, ImageBuilder, ImageProduct, KeysForgotten, StoreIx, apply,
};
use inventory_core::machine::{DeadLettered, Entry, Event, Head, Ledger, Request, WindowLimits};
use inventory_core::testing::{Model, Predicted};
use inventory_core::vocabulary::{Chain, Quantity, Sequence, Timestamp, Version};

use step::{Asked, Given, Step};

/// Plays a table.
pub(crate) fn check(table: &str) {
    let lines = table.lines().map(str::trim);
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    let mut world = World::new(&lines);
    let mut group: Vec<(&str, Timestamp, Asked<'_>)> = Vec::new();
    for line in lines {
        let step = Step::parse(line);
        if !matches!(step, Step::Ask { also: true, .. }) {
            world.submit(&std::mem::take(&mut group));
        }
        match step {
            // Already part of the world.
            Step::Window { .. } | Step::Given(_) => {}
            Step::Ask { at, asked, .. } => {
                world.now = at.unwrap_or(world.now);
                group.push((line, world.now, asked));
            }
            Step::Poison { product, version } => world.poison(line, product, version),
            Step::Restart => world.restart(),
        }
    }
    world.submit(&group);
    world.replay();
}

struct World {
    limits: WindowLimits,
    past: Image,
    ledger: Ledger,
    staging: Staging,
    written: Vec<Arc<Entry>>,
    model: Model,
    now: Timestamp,
}

impl World {
    fn new(lines: &[&str]) -> Self {
        let mut limits = WindowLimits::default();
        let mut given = Vec::new();
        for line in lines {
            match Step::parse(line) {
                Step::Window { limits: chosen } => limits = chosen,
                Step::Given(past) => given.push(past),
                Step::Ask { .. } | Step::Poison { .. } | Step::Restart => {}
            }
        }
        let mut model = Model::new(limits);
        let mut past = ImageBuilder::new(Head::default());
        let stores: BTreeSet<_> = given.iter().flat_map(Given::stores).collect();
        let mut places = BTreeMap::new();
        for store in stores {
            places.insert(store, past.store(store.parse().unwrap()).unwrap());
        }
        for given in &given {
            give(&mut past, &mut model, given, &places);
        }
        let past = past.finish(KeysForgotten::default());
        Self {
            limits,
            ledger: past.clone().thaw(limits),
            past,
            staging: Staging::default(),
            written: Vec::new(),
            model,
            now: Timestamp::UNIX_EPOCH,
        }
    }

    /// Decides a group over one draft, follows what it has written, and compares every answer.
    fn submit(&mut self, group: &[(&str, Timestamp, Asked<'_>)]) {
        let Some(now) = group.iter().map(|(_, now, _)| *now).max() else {
            return;
        };
        let mut entries = Vec::new();
        let mut draft = Draft::new(&self.ledger, &mut self.staging, now);
        let all = Portion {
            levels: usize::MAX,
            deadlines: usize::MAX,
            lines: usize::MAX,
        };
        let expired = expire(&mut draft, all).map(|effects| draft.record(None, effects));
        entries.extend(expired.clone());
        let written = expired.as_ref().map(|entry| Predicted::applied(entry));
        assert_eq!(self.model.expire(now), written, "what has expired");
        for (line, _, asked) in group {
            let Some(request) = asked.request() else {
                let text = written.as_ref().map(answer::text);
                let text = text.unwrap_or_else(|| "nothing".to_owned());
                assert_eq!(text, asked.answer, "in {line:?}");
                continue;
            };
            let answer = answer_to(&mut draft, &request, &mut entries);
            let predicted = self.model.decide(&request, now);
            assert_eq!(answer::text(&answer), asked.answer, "in {line:?}");
            assert!(
                predicted.is(&answer),
                "the model disagrees in {line:?}: {predicted:?}"
            );
        }
        self.model.publish();
        for entry in entries {
            let poison = apply(&mut self.ledger, &entry).unwrap();
            assert_eq!(poison, [], "what was decided can be applied");
            self.written.push(entry);
        }
        self.compare(group.last().map_or("nothing", |(line, ..)| line));
    }

    fn poison(&mut self, line: &str, product: Option<&str>, version: Option<Version>) {
        let head = self.ledger.head();
        let letter = DeadLettered {
            product: product.map(|product| product.parse().unwrap()),
            version,
            raw: "{\"type\":\"StockLent\"}".into(),
        };
        let entry = Arc::new(Entry {
            first: head.sequence.next(),
            recorded_at: self.now.max(head.recorded_at),
            intent: None,
            outcomes: Box::default(),
            events: [Event::DeadLettered(letter)].into(),
            annotations: None,
            chain: Chain::from_bits(head.chain.bits() ^ 1),
        });
        let poison = apply(&mut self.ledger, &entry).unwrap();
        assert_eq!(poison.len(), 1, "in {line:?}");
        self.model.bury(&entry.events[0], self.now);
        self.written.push(entry);
        self.compare(line);
    }

    fn restart(&mut self) {
        let image = self.ledger.freeze();
        self.ledger = image.clone().thaw(self.limits);
        assert_same_image(&self.ledger.freeze(), &image);
        self.compare("restart");
    }

    fn compare(&self, line: &str) {
        let difference = self.model.difference(&self.ledger);
        assert_eq!(difference, None, "after {line:?}");
    }

    /// What was written says the same to a ledger that has decided nothing.
    fn replay(&self) {
        let mut replica = self.past.clone().thaw(self.limits);
        for entry in &self.written {
            apply(&mut replica, entry).unwrap();
        }
        assert_same_image(&replica.freeze(), &self.ledger.freeze());
        let events = self.written.iter().map(|entry| entry.events.len() as u64);
        assert_eq!(replica.head().sequence, Sequence::new(events.sum()));
    }
}

fn answer_to(draft: &mut Draft<'_>, request: &Request, entries: &mut Vec<Arc<Entry>>) -> Predicted {
    match decide(draft, request) {
        Ok(Decision::New(effects)) => {
            let entry = draft.record(Some(request), effects);
            let answer = Predicted::applied(&entry);
            entries.push(entry);
            answer
        }
        Ok(Decision::Replayed(first)) => Predicted::replayed(&first),
        Ok(Decision::Overdue(lapsed)) => panic!("all has lapsed, but {lapsed:?}"),
        Err(rejection) => Predicted::Refused(rejection),
    }
}

fn give(
    past: &mut ImageBuilder,
    model: &mut Model,
    given: &Given<'_>,
    places: &BTreeMap<&str, StoreIx>,
) {
    let Given {
        product,
        version,
        ref levels,
    } = *given;
    let available = levels.iter().map(|&(_, level)| level.available());
    let total = available.fold(Quantity::ZERO, |sum, units| sum.checked_add(units).unwrap());
    let placed = levels
        .iter()
        .map(|&(store, level)| (places[store], level, Sequence::START));
    let (id, never) = (product.parse().unwrap(), Timestamp::UNIX_EPOCH);
    let product_given = ImageProduct::new(id, version, total, never, false, placed);
    past.product(product_given.unwrap()).unwrap();
    model.assume(product, version, levels);
}
