//! Backup and restore (`inventory backup`, `inventory restore`): a copy that is whole and verified, or none.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use inventory_core::ports::{Clock as _, LoadError};
use inventory_core::vocabulary::Timestamp;
use inventory_http::Causes;
use inventory_log::SystemClock;
use inventory_log::file::inspect::{self, Copied, CopyError, Depth, View};
use serde_json::json;

use crate::arguments::Output;
use crate::failure::Failure;
use crate::meaning;
use crate::output;
use crate::progress::Progress;
use crate::verify::{is_damaged, verify};

/// What a copy is called until it is whole and verified.
const UNFINISHED: &str = "unfinished";

pub(crate) fn backup(dir: &Path, to: &Path, output: Output) -> Result<(), Failure> {
    let view = View::open(dir, Depth::Ends).map_err(|error| Failure::open(dir, &error))?;
    refuse_damage(&view)?;
    let copied = copy(&view, to, None, "copying")?;
    report("backed up", &view, to, &copied, output)
}

pub(crate) fn restore(from: &Path, dir: &Path, output: Output) -> Result<(), Failure> {
    let (view, verified) = verify(from)?;
    if is_damaged(&verified) {
        let faults = verified.faults.iter().map(meaning::text);
        return Err(Failure::damage(format!(
            "{} is damaged, and nothing was restored: choose another backup\n{}",
            from.display(),
            faults.collect::<String>()
        )));
    }
    let copied = copy(&view, dir, Some(SystemClock.now()), "restoring")?;
    report("restored", &view, dir, &copied, output)
}

fn refuse_damage(view: &View) -> Result<(), Failure> {
    let Some(loss) = view.losses().next() else {
        return Ok(());
    };
    Err(Failure::damage(format!(
        "{} is damaged, and a copy of it would be no backup: {loss}\nrun `inventory verify` on it for what to do",
        view.path().display()
    )))
}

/// Writes a copy beside its place, verifies it, and puts it there with one rename.
fn copy(
    view: &View,
    to: &Path,
    anew: Option<Timestamp>,
    doing: &'static str,
) -> Result<Copied, Failure> {
    let unfinished = place(to)?;
    let creating = |error: io::Error| {
        let doing = format!("creating {}", unfinished.display());
        Failure::io(doing, &error)
    };
    fs::create_dir(&unfinished).map_err(creating)?;
    let bytes = view.segments().map(|segment| segment.bytes).sum();
    let progress = Progress::of(doing, bytes);
    let copied = inspect::copy(view, &unfinished, anew, &mut |done| progress.set(done));
    drop(progress);
    let copied = copied.map_err(|error| {
        let left = match fs::remove_dir_all(&unfinished) {
            Ok(()) => "nothing is at its place".to_owned(),
            Err(_) => format!("remove {}, which was begun", unfinished.display()),
        };
        not_copied(view, error, &left)
    })?;
    let (_, verified) = verify(&unfinished)?;
    if is_damaged(&verified) {
        let faults = verified.faults.iter().map(meaning::text);
        return Err(Failure::damage(format!(
            "the copy {} is not whole, and is not put at its place: run `inventory verify` on {}, and check both disks\n{}",
            unfinished.display(),
            view.path().display(),
            faults.collect::<String>()
        )));
    }
    let placed = fs::rename(&unfinished, to).and_then(|()| File::open(parent(to))?.sync_all());
    placed.map_err(|error| {
        let doing = format!("giving the copy {} its name", unfinished.display());
        Failure::io(format!("{doing} (it is whole: name it yourself)"), &error)
    })?;
    Ok(copied)
}

fn not_copied(view: &View, error: CopyError, left: &str) -> Failure {
    let from = view.path().display();
    match &error {
        CopyError::Snapshot {
            cause: LoadError::NewerFormat { .. },
            ..
        } => Failure::format(format!("{from}: {}; {left}", Causes(&error))),
        CopyError::Snapshot { .. } => Failure::damage(format!(
            "{from} is damaged, and a copy of it would be no backup: {}; {left}. \
             While central runs it writes a good snapshot in time: try again then. Otherwise start central on it, \
             which goes by the other snapshot and the log; `inventory verify` says more",
            Causes(&error)
        )),
        CopyError::Restarting => Failure::usage(format!("{from}: {error}; {left}")),
        CopyError::Io(cause) => Failure::io(format!("copying {from} ({left})"), cause),
        _ => Failure::system(format!("{from}: {}; {left}", Causes(&error))),
    }
}

/// Refuses a place where there is something, and says where the copy is written until it is whole.
fn place(to: &Path) -> Result<PathBuf, Failure> {
    let looking = |error| Failure::io(format!("looking at {}", to.display()), &error);
    match fs::read_dir(to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(taken(to));
        }
        Err(error) => return Err(looking(error)),
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(taken(to));
            }
        }
    }
    let name = to
        .file_name()
        .ok_or_else(|| Failure::usage(format!("{} has no name: name a directory", to.display())))?;
    let mut name = name.to_owned();
    name.push(format!(".{UNFINISHED}"));
    let unfinished = parent(to).join(name);
    match unfinished.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(unfinished),
        Err(error) => Err(looking(error)),
        Ok(_) => Err(Failure::usage(format!(
            "{} is there: an earlier copy was interrupted, or is being made. Nothing was changed; remove it, and try again",
            unfinished.display()
        ))),
    }
}

fn taken(to: &Path) -> Failure {
    Failure::usage(format!(
        "{} is not empty, and nothing was changed: name a directory that is not there yet",
        to.display()
    ))
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        Some(_) | None => Path::new("."),
    }
}

fn report(
    what: &str,
    view: &View,
    to: &Path,
    copied: &Copied,
    output: Output,
) -> Result<(), Failure> {
    let replaces = (copied.epoch != view.epoch()).then(|| view.epoch());
    // Nobody starts central on a backup.
    let too_old = replaces.and_then(|_| meaning::too_old(view.head(), SystemClock.now()));
    match output {
        Output::Json => output::json(&json!({
            "from": view.path(),
            "to": to,
            "inUse": view.in_use(),
            "epoch": copied.epoch,
            "replaces": replaces,
            "floor": view.floor(),
            "head": view.head().sequence,
            "recordedAt": view.head().recorded_at,
            "bytes": copied.bytes,
            "verified": true,
            "tooOld": too_old,
        })),
        Output::Table => {
            let epoch = match replaces {
                Some(old) => format!("epoch {}, which replaces {old}", copied.epoch),
                None => format!("epoch {}", copied.epoch),
            };
            let said = format!(
                "{what} {} to {}: positions {} to {} ({}), {epoch}, {}; verified\n",
                view.path().display(),
                to.display(),
                view.floor().next(),
                view.head().sequence,
                view.head().recorded_at,
                output::bytes(copied.bytes),
            );
            let said = match too_old {
                Some(too_old) => format!("{said}{too_old}\n"),
                None => said,
            };
            output::write(said.as_bytes())
        }
    }
}
