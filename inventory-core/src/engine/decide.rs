//! A group of requests is decided, on one draft.

use std::sync::Arc;

use super::reader::Published;
use super::receipt::{Answer, Receipt};
use super::settings::LIMITS;
use crate::machine::{self, Decision, Draft, Entry, Rejection, Request, Staging};
use crate::ports::Observation;
use crate::vocabulary::{Epoch, Sequence, Timestamp};

/// A group that was decided and is not durable yet.
pub(super) struct Group {
    /// The head that it was decided on. The log must still end there, whatever its adapter may have seen since.
    pub(super) after: Sequence,
    pub(super) answers: Vec<Answer>,
    pub(super) entries: Vec<Arc<Entry>>,
}

impl Group {
    /// Decides the first submissions, up to the one with which they write `events_max` events.
    pub(super) fn decide<'a>(
        published: &Published,
        staging: &mut Staging,
        submissions: impl Iterator<Item: IntoIterator<Item = &'a Request>>,
        events_max: usize,
        now: Timestamp,
    ) -> Self {
        let (mut answers, mut entries) = (Vec::new(), Vec::new());
        let after = published.read(|ledger| {
            let mut draft = Draft::new(ledger, staging, now);
            if let Some(expired) = machine::expire(&mut draft, LIMITS.expire) {
                entries.push(draft.record(None, expired));
            }
            let begun = draft.head().sequence;
            for submission in submissions {
                let requests = submission.into_iter();
                answers.reserve(requests.size_hint().0);
                entries.reserve(requests.size_hint().0);
                for request in requests {
                    let answer = check_history(&draft, request, published.epoch)
                        .and_then(|()| decide_one(&mut draft, request, &mut entries));
                    answers.push(answer);
                }
                if draft.head().sequence.events_since(begun) >= events_max as u64 {
                    break;
                }
            }
            ledger.head().sequence
        });
        Self {
            after,
            answers,
            entries,
        }
    }

    /// What has been decided, in numbers.
    pub(super) fn observation(&self) -> Observation<'static> {
        let answers = &self.answers;
        let count = |of: fn(&Answer) -> bool| answers.iter().filter(|answer| of(answer)).count();
        Observation::GroupDecided {
            requests: answers.len(),
            refused: count(|answer| answer.as_ref().is_err_and(|refused| !is_unchanged(refused))),
            unchanged: count(|answer| answer.as_ref().is_err_and(is_unchanged)),
            replayed: count(|answer| answer.as_ref().is_ok_and(|receipt| receipt.replayed)),
            events: self.entries.iter().map(|entry| entry.events.len()).sum(),
        }
    }
}

/// Whether a request had nothing to change, which is no refusal.
fn is_unchanged(rejection: &Rejection) -> bool {
    matches!(rejection, Rejection::NothingToDo { .. })
}

/// Refuses what was read in another history, unless it was answered in this one.
fn check_history(draft: &Draft<'_>, request: &Request, current: Epoch) -> Result<(), Rejection> {
    match request.history() {
        Some(named) if named != current && !draft.remembers(request) => {
            Err(Rejection::OtherHistory { named, current })
        }
        Some(_) | None => Ok(()),
    }
}

fn decide_one(draft: &mut Draft<'_>, request: &Request, entries: &mut Vec<Arc<Entry>>) -> Answer {
    loop {
        match machine::decide(draft, request)? {
            // Once: it is for all that the request sees.
            Decision::Overdue(lapsed) => {
                let lapsed = lapsed
                    .into_iter()
                    .map(|effects| draft.record(None, effects));
                entries.extend(lapsed);
            }
            Decision::Replayed(entry) => {
                return Ok(Receipt {
                    entry,
                    replayed: true,
                });
            }
            Decision::New(effects) => {
                let entry = draft.record(Some(request), effects);
                entries.push(Arc::clone(&entry));
                return Ok(Receipt {
                    entry,
                    replayed: false,
                });
            }
        }
    }
}
