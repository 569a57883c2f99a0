//! Who writes: the stores, and everybody else.

use inventory_core::conformance::{adjust, count};
use inventory_core::machine::Command;

use crate::network::{Ask, Happening};
use crate::world::{PRODUCTS, STORES, World};

impl World {
    /// Somebody else writes at central.
    pub(crate) fn trade(&mut self) {
        if self.now >= self.central_down_until {
            let commands = match self.dice.u64(..2) {
                0 => self.promise(),
                _ => {
                    let lines = 1 + self.dice.u64(..3);
                    (0..lines).map(|_| self.command(None)).collect()
                }
            };
            self.central.submit(commands, None);
            let written = self.central.take_written();
            self.count(written);
            self.wake_parked();
        }
        let pause = 1 + self.dice.u64(..120);
        self.network.schedule(self.now + pause, Happening::Trade);
    }

    fn command(&mut self, store: Option<&str>) -> Command {
        let product = self.dice.choice(PRODUCTS).expect("there are some");
        let store = store.unwrap_or_else(|| self.dice.choice(STORES).expect("there are some"));
        match self.dice.u64(..3) {
            0 => count(product, store, self.dice.u64(..50)),
            1 => adjust(product, store, 1 + self.dice.u64(..9) as i64),
            _ => adjust(product, store, -1 - self.dice.u64(..9) as i64),
        }
    }

    /// A store writes, at once or later.
    pub(crate) fn sell(&mut self) {
        if self.dice.bool() {
            self.queue();
        } else {
            self.forward();
        }
        let pause = 1 + self.dice.u64(..200);
        self.network.schedule(self.now + pause, Happening::Sale);
    }

    fn forward(&mut self) {
        let node = self.dice.usize(..self.nodes.len());
        let command = self.command(Some(STORES[node]));
        let key = format!("sale-{}", self.calls);
        let call = self.ask(node, Ask::Update { command, key });
        self.nodes[node].writes.insert(call);
    }
}
