//! Remembered answers: what was answered under keys, and has to be answered again.

use std::collections::BTreeMap;
use std::sync::Arc;

use inventory_core::engine::Answer;
use inventory_core::machine::{Entry, Intent, Rejection, Request};
use inventory_core::vocabulary::{Caller, IdempotencyKey, Timestamp};

use crate::testing::simulation::violation::ensure;
use crate::testing::simulation::{Check, Violation};

/// A key, and whose it is.
type Name = (Option<Caller>, IdempotencyKey);

/// The last entry that was written under each key.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers {
    entries: BTreeMap<Name, Arc<Entry>>,
}

impl Answers {
    pub(super) fn know(&mut self, entry: &Arc<Entry>) {
        if let Some(intent) = &entry.intent {
            self.entries.insert(name(intent), Arc::clone(entry));
        }
    }

    /// Whether something was written under the key of a request.
    pub(super) fn has_key_of(&self, request: &Request) -> bool {
        let intent = request.intent();
        intent.is_some_and(|intent| self.entries.contains_key(&name(intent)))
    }

    /// Owes only the answers that `is_left` of.
    pub(super) fn retain(&mut self, is_left: impl Fn(&Entry) -> bool) {
        self.entries.retain(|_, entry| is_left(entry));
    }

    /// Whether a request is answered as it was before, if it was, and keys are remembered `since` before that, or it is answered
    /// as a repetition all the same. Returns whether that was so.
    pub(super) fn check(
        &self,
        request: &Request,
        answer: &Answer,
        since: Timestamp,
    ) -> Result<bool, Violation> {
        let Some(intent) = request.intent() else {
            return Ok(false);
        };
        // A clock that shows the beginning of 1970 is one that nobody has set: what is forgotten of that moment looks as if
        // nothing were.
        let is_promised = |at: Timestamp| at >= since && at != Timestamp::UNIX_EPOCH;
        let first = self.entries.get(&name(intent));
        let is_repeated = answer.as_ref().is_ok_and(|receipt| receipt.replayed);
        let is_owed = |first: &&Arc<Entry>| is_promised(first.recorded_at) || is_repeated;
        let Some(first) = first.filter(is_owed) else {
            return Ok(false);
        };
        let is_same = first.intent.as_ref() == Some(intent);
        let is_kept = match answer {
            Ok(receipt) => is_same && receipt.replayed && receipt.entry == *first,
            Err(Rejection::KeyReused { first: at, .. }) => !is_same && *at == first.first,
            Err(_) => false,
        };
        ensure(is_kept, Check::AnswerIsKept, || {
            format!("keys are remembered since {since}, {first:?} was answered, now {answer:?}")
        })?;
        Ok(is_same)
    }
}

fn name(intent: &Intent) -> Name {
    (intent.caller.clone(), intent.key.clone())
}
