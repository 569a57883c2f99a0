//! Which call fails, and how.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::ports::StorageError;

/// How an append fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendFault {
    /// Another engine is said to have written. Nothing of the group is there.
    Conflict,
    /// Nothing of the group is there, and the log goes on.
    NotWritten,
    /// The log is poisoned, and whoever opens it again finds this many entries of the group.
    OutcomeUnknown {
        /// Entries of the group that are durable; all of them, when there are fewer.
        durable: usize,
    },
}

/// A call that can be made to fail. An append fails in ways of its own: see [`Faults::fail_append`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// [`LogReader::read`](crate::ports::LogReader::read).
    Read,
    /// [`EventLog::purge`](crate::ports::EventLog::purge); the log is as it was.
    Purge,
    /// [`EventLog::restart`](crate::ports::EventLog::restart); the log is as it was.
    Restart,
    /// [`SnapshotStore::save`](crate::ports::SnapshotStore::save); the snapshot before is still there.
    Save,
    /// [`SnapshotStore::load`](crate::ports::SnapshotStore::load).
    Load,
    /// [`DeadLetters::bury`](crate::ports::DeadLetters::bury); the letter is not there.
    Bury,
    /// [`DeadLetters::letters`](crate::ports::DeadLetters::letters).
    Letters,
}

#[derive(Debug, Default)]
struct Plan {
    appends: usize,
    append_faults: BTreeMap<usize, AppendFault>,
    calls: BTreeMap<Call, usize>,
    call_faults: BTreeSet<(Call, usize)>,
}

/// The faults to come, shared by the adapters that it wraps. Clones are the same plan.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    plan: Arc<Mutex<Plan>>,
}

impl Faults {
    /// A plan without faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets an append fail: the next one for `skip` 0, the one after for 1.
    pub fn fail_append(&self, skip: usize, fault: AppendFault) {
        let mut plan = self.plan.lock();
        let at = plan.appends + skip;
        plan.append_faults.insert(at, fault);
    }

    /// Lets a call fail once: the next one for `skip` 0, the one after for 1.
    pub fn fail(&self, skip: usize, call: Call) {
        let mut plan = self.plan.lock();
        let at = plan.calls.get(&call).copied().unwrap_or(0) + skip;
        plan.call_faults.insert((call, at));
    }

    /// Appends so far, the failed ones included: run once to count, then once per call to fail it.
    pub fn appends(&self) -> usize {
        self.plan.lock().appends
    }

    /// Calls so far, the failed ones included.
    pub fn calls(&self, call: Call) -> usize {
        self.plan.lock().calls.get(&call).copied().unwrap_or(0)
    }

    /// Counts an append, and says how it fails.
    pub(super) fn next_append(&self) -> Option<AppendFault> {
        let mut plan = self.plan.lock();
        let at = plan.appends;
        plan.appends += 1;
        plan.append_faults.remove(&at)
    }

    /// Counts a call, and says whether it fails.
    pub(super) fn next(&self, call: Call) -> bool {
        let mut plan = self.plan.lock();
        let count = plan.calls.entry(call).or_default();
        let at = *count;
        *count += 1;
        plan.call_faults.remove(&(call, at))
    }
}

/// What a fault says of itself.
#[derive(Debug, thiserror::Error)]
#[error("a fault was asked for")]
pub(super) struct Fault;

impl Fault {
    pub(super) fn while_doing(operation: &str) -> StorageError {
        StorageError::new(operation, Self)
    }
}
