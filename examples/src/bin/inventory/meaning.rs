//! Meaning of a fault to an operator, and what to do about it.

use inventory_core::machine::Head;
use inventory_core::vocabulary::{Sequence, Span, Timestamp};
use inventory_log::file::inspect::{Fault, FaultKind};
use serde_json::{Value, json};

/// Says that central does not start on a log by a clock, and with what it does; `None` when it starts.
pub(crate) fn too_old(head: Head, clock: Timestamp) -> Option<String> {
    let at = head.recorded_at;
    let is_old = head.sequence > Sequence::START && clock.millis_since(at) > Span::YEAR.millis();
    is_old.then(|| {
        format!(
            "its last entry is of {at}. This machine's clock says {clock}, more than a year later, and central does not \
             start on that: put the clock right; if it is right, start central with ACCEPT_TIME={clock}"
        )
    })
}

/// A name for programs, what it means, and what to do.
pub(crate) fn meaning(kind: FaultKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        FaultKind::Interrupted => (
            "interrupted",
            "a write was interrupted, or is under way; nobody was answered",
            "nothing: the next start takes care of it",
        ),
        FaultKind::Foreign => (
            "foreign",
            "bytes that nobody misses stand between the records",
            "find out who writes to this directory beside central; nothing is lost",
        ),
        FaultKind::NoEffect => (
            "no_effect",
            "an event could not be applied, and its product waits for a count",
            "see `inventory dead-letters list`; count the product",
        ),
        FaultKind::Index => (
            "index",
            "an index is damaged; it is a cache, and no answer depends on it",
            "remove the file: it is made anew when it is needed. If power has not failed, check the disk",
        ),
        FaultKind::Log => (
            "log",
            "acknowledged data is damaged or gone",
            "check the disk; make a data directory of the newest good backup with `inventory restore`, or start central \
             with RECOVERY=quarantine to go on without what is lost",
        ),
        FaultKind::Snapshot => (
            "snapshot",
            "a snapshot is damaged",
            "check the disk. A start goes by the other snapshot and the log, and while central runs it writes good ones in \
             time; if it does not start, restore a backup",
        ),
        FaultKind::Different => (
            "different",
            "a snapshot and the log do not say the same",
            "stop central, keep a copy of the directory, and restore a backup that was verified",
        ),
        FaultKind::DeadLetter => (
            "dead_letter",
            "a dead letter cannot be read any more; stock does not depend on it",
            "check the disk; look for the letter in a backup",
        ),
    }
}

/// A fault for people.
pub(crate) fn text(fault: &Fault) -> String {
    let (_, means, todo) = meaning(fault.kind);
    let word = match fault.kind.is_damage() {
        true => "DAMAGE",
        false => "note",
    };
    let (file, offset, what) = (&fault.file, fault.offset, &fault.what);
    format!(
        "{word}  {file}, byte {offset}: {what}\n        what it means: {means}\n        what to do: {todo}\n"
    )
}

/// A fault for programs.
pub(crate) fn value(fault: &Fault) -> Value {
    let (kind, means, todo) = meaning(fault.kind);
    json!({
        "kind": kind,
        "damage": fault.kind.is_damage(),
        "file": fault.file,
        "offset": fault.offset,
        "what": fault.what,
        "meaning": means,
        "toDo": todo,
    })
}
