//! What breaks.

use fastrand::Rng;
use inventory_core::machine::Command;

use crate::network::{CallId, Happening, Reply};
use crate::world::{HEALED_MS, PRODUCTS, World};

/// Something that breaks, or that makes it worse when something does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    Cut,
    Restart,
    Poison,
    BackUp,
    RestoreUnderNewEpoch,
    RestoreUnderOldEpoch,
    Purge,
    Save,
    Crash,
    Estrange,
    Fail,
}

impl Fault {
    /// Restores are rare: everybody starts again after one, and nothing else is tested meanwhile.
    pub(crate) fn draw(dice: &mut Rng) -> Self {
        match dice.u64(..28) {
            0..4 => Self::Cut,
            4..6 => Self::Restart,
            6 => Self::Poison,
            7..9 => Self::BackUp,
            9 => Self::RestoreUnderNewEpoch,
            10 => Self::RestoreUnderOldEpoch,
            11..15 => Self::Purge,
            15..20 => Self::Save,
            20..24 => Self::Crash,
            24..26 => Self::Estrange,
            _ => Self::Fail,
        }
    }
}

impl World {
    pub(crate) fn break_something(&mut self) {
        let node = self.dice.usize(..self.nodes.len());
        match Fault::draw(&mut self.dice) {
            Fault::Cut => {
                let until = self.now + self.dice.u64(..1_500);
                self.network.cut(node, until);
            }
            Fault::Restart => {
                self.go_down("central restarted");
                self.central.restart();
            }
            Fault::Poison if self.no_poison => {}
            Fault::Poison => {
                self.go_down("central buried an event");
                let product = self
                    .dice
                    .choice(PRODUCTS)
                    .expect("there are some")
                    .parse()
                    .expect("it is an id");
                self.central.restart_over_poison(&product);
            }
            Fault::BackUp => self.central.back_up(),
            Fault::RestoreUnderNewEpoch => {
                self.go_down("central restored under a new epoch");
                self.central_lost_something = true;
                self.no_poison = false;
                self.central.restore(true);
            }
            Fault::RestoreUnderOldEpoch => {
                self.go_down("central restored under the old epoch");
                self.central_lost_something = true;
                self.no_poison = true;
                self.central.restore(false);
            }
            Fault::Estrange => self.stranger = (node, self.now + self.dice.u64(..1_500)),
            Fault::Fail => {
                let product = self.dice.choice(PRODUCTS).expect("there are some");
                self.failing = (product, self.now + self.dice.u64(..1_500));
            }
            Fault::Purge => self.central.save(),
            Fault::Save => self.nodes[node].save(self.now),
            Fault::Crash => {
                let seed = self.dice.u64(..);
                let started = self.nodes[node].crash(self.now, seed);
                self.count(started.then_some("store started from its file"));
                self.drive(node);
            }
        }
        let pause = 1 + self.dice.u64(..300);
        self.network.schedule(self.now + pause, Happening::Fault);
    }

    /// Central decides a batch row by row, unless it fails at it or does not know the store.
    pub(crate) fn serve_batch(&mut self, call: CallId, rows: Vec<(Command, String)>) {
        let (stranger, until) = self.stranger;
        if call.node == stranger && self.now < until.min(HEALED_MS) {
            return self.reply(call, Reply::Stranger);
        }
        let (product, until) = self.failing;
        let of_it = |command: &Command| matches!(command, Command::Adjust(one) if one.product.as_str() == product);
        let has_it = rows.iter().any(|(command, _)| of_it(command));
        if has_it && self.now < until.min(HEALED_MS) {
            return self.reply(call, Reply::Failed);
        }
        let several = rows.len() > 1;
        let submit = |(command, key)| self.central.submit(vec![command], Some(key));
        let rows = rows.into_iter().map(submit).collect();
        self.count(several.then_some("batch of several"));
        self.reply(call, Reply::Batch(rows));
        self.wake_parked();
    }

    /// Central ends, with the calls that it held, and is back after a while.
    fn go_down(&mut self, why: &'static str) {
        self.count([why]);
        for (call, _) in std::mem::take(&mut self.parked) {
            self.reply(call, Reply::Unavailable);
        }
        self.central_down_until = self.now + self.dice.u64(..400);
    }
}
