//! Salvage: a start with what is left after a loss, and the questions that it is asked.

use inventory_core::engine::{EngineError, Recovery};
use inventory_core::machine::{Ledger, Request};

use super::start::Started;
use super::{Progress, World};
use crate::testing::simulation::violation::ensure;
use crate::testing::simulation::witness::Aftermath;
use crate::testing::simulation::{Check, Violation};

impl World {
    /// Whether starts go on without what is lost.
    pub(in crate::testing::simulation) fn set_recovery(&mut self, recovery: Recovery) {
        self.setup.files.recovery = recovery;
        self.setup.settings.recovery = recovery;
    }

    /// Starts with what is left after a loss, or goes on after that.
    ///
    /// # Errors
    ///
    /// A promise is broken.
    pub(in crate::testing::simulation) fn salvage(&mut self) -> Result<Progress, Violation> {
        let Some(started) = self.start()? else {
            return Ok(Progress::Stopped);
        };
        let recovered = started.recovered(false);
        match &mut self.aftermath {
            Some(aftermath) => aftermath.recovered(recovered)?,
            None => self.aftermath = Some(Aftermath::new(&self.witness, recovered)?),
        }
        self.live = Some(started.into_live());
        Ok(Progress::Running)
    }

    /// Starts with what is left after a loss, after starts for the same that were interrupted: it comes to the same end as in
    /// `undisturbed`.
    ///
    /// # Errors
    ///
    /// A promise is broken.
    pub(in crate::testing::simulation) fn salvage_again(
        &mut self,
        undisturbed: &Self,
    ) -> Result<Progress, Violation> {
        let Some(started) = self.start()? else {
            return Ok(Progress::Stopped);
        };
        self.compare_salvaged(&started, undisturbed)?;
        self.aftermath.clone_from(&undisturbed.aftermath);
        self.live = Some(started.into_live());
        Ok(Progress::Running)
    }

    fn compare_salvaged(&self, started: &Started, undisturbed: &Self) -> Result<(), Violation> {
        let expected = undisturbed.aftermath.as_ref();
        let expected = expected.expect("it was salvaged");
        let recovered = started.recovered(false);
        expected.check_ledger(recovered.reader)?;
        ensure(
            expected.is_same_end(&recovered),
            Check::RecoveryIsRepeatable,
            || format!("{:?} instead of {expected:?}", recovered.letters),
        )
    }

    /// Submits a group after a loss.
    ///
    /// # Errors
    ///
    /// A promise is broken.
    pub(in crate::testing::simulation) fn ask(
        &mut self,
        group: &[Request],
    ) -> Result<Progress, Violation> {
        let struck = self.struck() > 0;
        let (Some(live), Some(aftermath)) = (&mut self.live, &mut self.aftermath) else {
            return Ok(Progress::Stopped);
        };
        let since = live.reader.read(Ledger::keys_remembered_since);
        match live.engine.submit(group) {
            Ok(answers) => {
                let shown = live.feed.take(usize::MAX).map_err(|error| {
                    Violation::new(Check::AcknowledgedIsKept, format!("{error:?}"))
                })?;
                aftermath.hear_expiry(&shown, &answers)?;
                for (request, answer) in group.iter().zip(&answers) {
                    aftermath.hear(request, answer, since, &mut self.tally)?;
                }
                aftermath.check_ledger(&live.reader)?;
                Ok(Progress::Running)
            }
            Err(EngineError::NotWritten { .. }) => {
                aftermath.check_ledger(&live.reader)?;
                Ok(Progress::Running)
            }
            Err(EngineError::OutcomeUnknown { .. }) => {
                aftermath.unanswered(group);
                let _stopped = live;
                ensure(self.struck() > 0, Check::FullDiskIsSurvived, || {
                    "it stopped".to_owned()
                })?;
                Ok(Progress::Stopped)
            }
            Err(EngineError::Stopped) if struck => Ok(Progress::Stopped),
            Err(error) => Err(Violation::new(Check::AnswerIsRight, format!("{error:?}"))),
        }
    }
}
