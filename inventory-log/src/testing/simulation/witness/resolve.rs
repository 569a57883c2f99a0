//! Unknown outcomes: the log tells what became of a group without an answer.

use std::iter;
use std::sync::Arc;

use inventory_core::machine::Entry;
use inventory_core::testing::Predicted;

use super::{Unanswered, Witness};
use crate::testing::simulation::{Check, Situation, Tally, Violation};

impl Witness {
    /// Takes over what a log has beyond the history. It must be what the unanswered group would have written: what has
    /// expired, and its requests, whole, in their order, up to one of them.
    pub(super) fn resolve(
        &mut self,
        tail: &[Arc<Entry>],
        tally: &mut Tally,
    ) -> Result<(), Violation> {
        let Some(Unanswered { requests, at }) = self.unanswered.take() else {
            return match tail.first() {
                None => Ok(()),
                Some(entry) => Err(Violation::new(
                    Check::UnaskedIsAbsent,
                    format!("nobody has written {entry:?}"),
                )),
            };
        };
        let mut found = tail.iter();
        let mut absent = 0;
        let wishes = requests.iter().map(Some);
        for request in iter::once(None).chain(wishes) {
            let mut model = self.model.clone();
            let predicted = match request {
                None => model.expire(at),
                Some(request) => Some(model.decide(request, at)),
            };
            let Some(predicted) = predicted else { continue };
            let Predicted::Applied { movements, .. } = &predicted else {
                continue;
            };
            let Some(entry) = found.next() else {
                absent += 1;
                break;
            };
            let is_right = match request {
                None => self.expiry(movements, at) == **entry,
                Some(request) => self.wrote(request, at, &predicted, entry),
            };
            if !is_right {
                let detail =
                    format!("{request:?} should have written {predicted:?}, there is {entry:?}");
                return Err(Violation::new(Check::UnansweredIsWholeOrAbsent, detail));
            }
            self.model = model;
            self.know(entry);
        }
        self.model.publish();
        if let Some(entry) = found.next() {
            return Err(Violation::new(
                Check::UnaskedIsAbsent,
                format!("nobody has written {entry:?}"),
            ));
        }
        tally.saw(match (tail.len(), absent) {
            (0, _) => Situation::UnknownNotThere,
            (_, 0) => Situation::UnknownThere,
            (_, _) => Situation::UnknownThereInPart,
        });
        Ok(())
    }
}
