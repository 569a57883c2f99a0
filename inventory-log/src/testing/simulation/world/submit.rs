//! Submissions: a group of requests, and what callers and readers learn about it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use inventory_core::engine::{EngineError, EngineTime};
use inventory_core::machine::{Ledger, Rejection, Request};
use inventory_core::testing::{Predicted, answered_early};
use inventory_core::vocabulary::{Span, Timestamp};

use super::{Progress, World, panicky};
use crate::testing::Call;
use crate::testing::simulation::violation::ensure;
use crate::testing::simulation::witness::Unanswered;
use crate::testing::simulation::{Check, Situation, Tally, Violation};

/// Lines of an entry that is a large one: many sectors, and more than a segment and what is prefilled of it.
const LARGE_LINES: usize = 300;

impl World {
    /// Submits a group and compares the answers with the model's.
    ///
    /// # Errors
    ///
    /// A promise is broken.
    pub fn submit(&mut self, group: &[Request]) -> Result<Progress, Violation> {
        let Some(live) = &mut self.live else {
            return Ok(Progress::Stopped);
        };
        let EngineTime { now, behind, leap } = live.reader.time();
        self.tally
            .saw_if(behind > Span::MINUTE, Situation::ClockBehind);
        let refused = leap.is_some_and(|leap| leap.is_refused());
        let mut after = self.witness.model.clone();
        let expired = after.expire(now);
        let predicted: Vec<Predicted> = group
            .iter()
            .map(|request| after.decide(request, now))
            .collect();
        after.publish();
        let was_stopped = live.engine.is_stopped();
        let since = live.reader.read(Ledger::keys_remembered_since);
        let evicted = live.reader.read(Ledger::keys_evicted_early);
        let floor = live.reader.floor();
        let writes = self.disk.calls_of(Call::Write);
        let outcome = catch_unwind(AssertUnwindSafe(|| live.engine.submit(group)));
        self.witness.hear_early(answered_early());
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(panic) => {
                panicky::expect(panic);
                return self.panicked(group, now);
            }
        };
        match outcome {
            Ok(answers) => {
                if let Some(Predicted::Applied { movements, .. }) = &expired {
                    let entry = self.witness.expiry(movements, now);
                    self.witness.know(&Arc::new(entry));
                    self.tally.saw(Situation::Expired);
                }
                for ((request, answer), predicted) in group.iter().zip(&answers).zip(&predicted) {
                    let again = matches!(predicted, Predicted::Applied { .. })
                        && self.witness.knows_key_of(request);
                    self.tally.saw_if(again, Situation::KeyForgotten);
                    self.witness
                        .hear(request, answer, predicted, (now, since))?;
                }
                self.witness.model = after;
                self.witness.forget_for_room(&live.reader)?;
                self.witness.tell(&mut self.tally);
                let is_large = |request: &Request| request.lines() >= LARGE_LINES;
                let large = group.iter().zip(&predicted).any(|(request, predicted)| {
                    is_large(request) && matches!(predicted, Predicted::Applied { .. })
                });
                self.tally.saw_if(large, Situation::LargeEntry);
                let purged = live.reader.floor() > floor;
                self.tally.saw_if(purged, Situation::Purged);
                self.tally.saw_if(
                    purged && live.saved_beside,
                    Situation::PurgedAfterSaveBesideGroup,
                );
                let evicted = live.reader.read(Ledger::keys_evicted_early) > evicted;
                self.tally.saw_if(
                    evicted,
                    match self.setup.is_short_of_bytes() {
                        true => Situation::KeyForgottenForBytes,
                        false => Situation::KeyForgottenForCount,
                    },
                );
                ensure(!refused, Check::AnswerIsRight, || {
                    format!("it was answered with {leap:?}")
                })?;
                let wrote = self.disk.calls_of(Call::Write) > writes;
                self.tally.saw_if(
                    wrote && std::mem::take(&mut live.was_full),
                    Situation::FullDiskSurvived,
                );
                count_answers(&mut self.tally, &predicted);
                self.check_reader()
            }
            Err(EngineError::ClockLeapt(_)) if refused => {
                self.tally.saw(Situation::ClockLeapt);
                ensure(
                    self.disk.calls_of(Call::Write) == writes,
                    Check::OnlyDurableIsShown,
                    || "something was written".to_owned(),
                )?;
                self.check_reader()
            }
            Err(EngineError::NotWritten { .. }) => {
                live.was_full = true;
                // A group that was begun takes a write that succeeds, one that fails, and one that takes it back.
                let rolled_back = self.disk.calls_of(Call::Write) >= writes + 3;
                self.tally
                    .saw_if(rolled_back, Situation::FullDiskRolledBack);
                self.check_reader()
            }
            Err(EngineError::OutcomeUnknown { .. }) => {
                ensure(self.struck() > 0, Check::FullDiskIsSurvived, || {
                    format!("it stopped: {outcome:?}")
                })?;
                Ok(self.unanswered(group, now))
            }
            Err(EngineError::Stopped) if was_stopped => Ok(Progress::Stopped),
            Err(error) => Err(Violation::new(
                Check::AnswerIsRight,
                format!("nobody else writes, and the clock shows {now}: {error:?}"),
            )),
        }
    }

    /// A panic went through the engine: it has stopped, and nobody knows what became of the group.
    fn panicked(&mut self, group: &[Request], now: Timestamp) -> Result<Progress, Violation> {
        self.tally.saw(Situation::ObserverPanicked);
        let live = self.live.as_mut().expect("it was asked");
        let again = live.engine.submit(group);
        ensure(
            matches!(again, Err(EngineError::Stopped)),
            Check::PanicStops,
            || format!("the next group got {again:?}"),
        )?;
        Ok(self.unanswered(group, now))
    }

    /// Nobody has answered a group, which may be durable all the same.
    fn unanswered(&mut self, group: &[Request], now: Timestamp) -> Progress {
        let live = self.live.as_ref().expect("it was asked");
        self.witness.look(&live.reader);
        let large = group.iter().any(|request| request.lines() >= LARGE_LINES);
        self.tally.saw_if(large, Situation::LargeEntryInterrupted);
        self.witness.unanswered = Some(Unanswered {
            requests: group.to_vec(),
            at: now,
        });
        Progress::Stopped
    }

    /// After a group that has ended, readers see what is certain and nothing else.
    fn check_reader(&mut self) -> Result<Progress, Violation> {
        let has_struck = self.struck() > 0;
        if let Some(live) = &mut self.live {
            let (shown, known) = (live.reader.head(), self.witness.head());
            ensure(shown == known, Check::OnlyDurableIsShown, || {
                format!("{shown:?} instead of {known:?}")
            })?;
            self.witness.check_ledger(&live.reader)?;
            let after = live.feed.position();
            match live.feed.take(usize::MAX) {
                Ok(taken) => self.witness.check_feed(after, &taken)?,
                Err(error) => {
                    // What is no longer in memory is read from the disk, where a fault may have struck.
                    ensure(has_struck, Check::AcknowledgedIsKept, || {
                        format!("the feed after {after}: {error:?}")
                    })?;
                    return Ok(Progress::Stopped);
                }
            }
        }
        Ok(Progress::Running)
    }
}

fn count_answers(tally: &mut Tally, predicted: &[Predicted]) {
    let mut applied = false;
    for answer in predicted {
        match answer {
            Predicted::Applied { .. } => applied = true,
            Predicted::Replayed { .. } => tally.saw(Situation::Replayed),
            Predicted::Reused { .. } | Predicted::Refused(Rejection::KeyReused { .. }) => {
                tally.saw(Situation::KeyReused);
            }
            Predicted::Refused(_) => tally.saw_if(applied, Situation::RefusedWithinGroup),
        }
    }
}
