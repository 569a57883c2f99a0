//! Simulated customers: they send the requests of a run.

use inventory_core::machine::{Command, Request};
use inventory_core::vocabulary::IdempotencyKey;

use super::{Choices, Witness, lines};

/// Customers, and what they have asked for under a key.
#[derive(Debug, Clone, Default)]
pub(super) struct Customers {
    requests: u64,
    asked: Vec<Request>,
}

impl Customers {
    /// The next group: new requests, repeated ones, and keys that are used for something else.
    pub(super) fn group(&mut self, choices: &mut Choices, witness: &Witness) -> Vec<Request> {
        (0..=choices.below(5))
            .map(|_| self.request(choices, witness))
            .collect()
    }

    /// Some requests that were sent before, the newest among them.
    pub(super) fn repeated(&self, choices: &mut Choices) -> Vec<Request> {
        let newest = self.asked.iter().rev().take(3);
        newest.chain(self.earlier(choices)).cloned().collect()
    }

    fn request(&mut self, choices: &mut Choices, witness: &Witness) -> Request {
        self.requests += 1;
        let number = self.requests;
        let kind = choices.below(16);
        let earlier = if kind < 3 {
            self.earlier(choices)
        } else {
            None
        };
        match (kind, earlier) {
            (0 | 1, Some(earlier)) => earlier.clone(),
            (2, Some(earlier)) => {
                let intent = earlier.intent().expect("only keyed requests are kept");
                let lines = lines::family(choices, witness, number);
                let request = keyed(intent.key.clone(), lines);
                match (&intent.caller, choices.below(2)) {
                    (Some(caller), 0) => request.by(caller.clone()),
                    // Somebody else's key, unless nobody else has one.
                    (_, _) => request,
                }
            }
            (3, _) => {
                let mut both = lines::family(choices, witness, number);
                both.extend(lines::family(choices, witness, number));
                match choices.below(2) {
                    0 => Request::unkeyed(both).expect("a request has lines"),
                    _ => self.first(choices, number, both),
                }
            }
            (_, _) => {
                let lines = match choices.once_in(64) && choices.once_in(48) {
                    true => lines::many(choices),
                    false => lines::family(choices, witness, number),
                };
                self.first(choices, number, lines)
            }
        }
    }

    /// A request that will be asked again.
    fn first(&mut self, choices: &mut Choices, number: u64, lines: Vec<Command>) -> Request {
        let key = format!("key-{number}");
        let key = key.parse().expect("the key is plain text");
        let request = match choices.of(&["", "", "till", "web"]) {
            "" => keyed(key, lines),
            caller => keyed(key, lines).by(caller.parse().expect("the name is plain text")),
        };
        self.asked.push(request.clone());
        request
    }

    /// One of the newest requests.
    fn earlier(&self, choices: &mut Choices) -> Option<&Request> {
        let count = self.asked.len();
        let back = 1 + choices.below(count.clamp(1, 40) as u64) as usize;
        self.asked.get(count.checked_sub(back)?)
    }
}

fn keyed(key: IdempotencyKey, lines: Vec<Command>) -> Request {
    Request::new(key, lines).expect("a request has lines")
}
