//! Verification (`inventory verify`): reads everything, changes nothing.

use std::path::Path;

use inventory_log::file::inspect::{self, Depth, Verified, View};
use serde_json::json;

use crate::arguments::Output;
use crate::failure::Failure;
use crate::meaning;
use crate::output;
use crate::progress::Progress;

pub(crate) fn run(dir: &Path, output: Output) -> Result<(), Failure> {
    let (view, verified) = verify(dir)?;
    match output {
        Output::Json => output::json(&json!({
            "directory": dir,
            "inUse": view.in_use(),
            "epoch": view.epoch(),
            "floor": view.floor(),
            "head": view.head().sequence,
            "events": verified.events,
            "snapshotsCompared": verified.snapshots_compared,
            "indexes": verified.indexes,
            "deadLetters": verified.dead_letters,
            "unresolved": verified.unresolved,
            "damaged": is_damaged(&verified),
            "faults": verified.faults.iter().map(meaning::value).collect::<Vec<_>>(),
        }))?,
        Output::Table => output::write(table(&view, &verified).as_bytes())?,
    }
    match is_damaged(&verified) {
        true => Err(Failure::damage(format!(
            "{} is damaged; nothing was changed",
            dir.display()
        ))),
        false => Ok(()),
    }
}

/// Reads everything in a directory.
pub(crate) fn verify(dir: &Path) -> Result<(View, Verified), Failure> {
    let view = View::open(dir, Depth::Everything).map_err(|error| Failure::open(dir, &error))?;
    let bytes = view.segments().map(|segment| segment.bytes).sum();
    let progress = Progress::of("verifying", bytes);
    let verified = inspect::verify(&view, &mut |read| progress.set(read));
    let verified =
        verified.map_err(|error| Failure::io(format!("reading {}", dir.display()), &error))?;
    Ok((view, verified))
}

pub(crate) fn is_damaged(verified: &Verified) -> bool {
    verified.faults.iter().any(|fault| fault.kind.is_damage())
}

fn table(view: &View, verified: &Verified) -> String {
    let running = match view.in_use() {
        true => "in use: a central runs on it. What was durable when it was opened is verified.\n",
        false => "",
    };
    let mut said = format!(
        "{}: positions {} to {} of epoch {}\n{running}",
        view.path().display(),
        view.floor().next(),
        view.head().sequence,
        view.epoch(),
    );
    for fault in &verified.faults {
        said += &meaning::text(fault);
    }
    said += &format!(
        "{} events; {} snapshots equal to the log; {} indexes; {} dead letters, {} of them unresolved\n",
        verified.events,
        verified.snapshots_compared,
        verified.indexes,
        verified.dead_letters,
        verified.unresolved
    );
    said += match is_damaged(verified) {
        true => "DAMAGED\n",
        false => "sound\n",
    };
    said
}
