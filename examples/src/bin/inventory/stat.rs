//! Statistics (`inventory stat`): what a directory has, in numbers.

use std::ops::ControlFlow;
use std::path::Path;

use inventory_core::machine::{Ledger, WindowLimits, replica};
use inventory_core::vocabulary::{Sequence, Timestamp};
use inventory_log::file::inspect::{Depth, SnapshotFile, View};
use serde_json::{Value, json};

use crate::arguments::Output;
use crate::failure::Failure;
use crate::output;

pub(crate) fn run(dir: &Path, output: Output) -> Result<(), Failure> {
    let reading = |error| Failure::io(format!("reading {}", dir.display()), &error);
    let view = View::open(dir, Depth::Ends).map_err(|error| Failure::open(dir, &error))?;
    let snapshots = view.snapshots().map_err(reading)?;
    let (letters, _) = view.dead_letters().map_err(reading)?;
    let unresolved = letters.iter().filter(|letter| letter.resolution.is_none());
    let unresolved = unresolved.count();
    let ledger = stock(&view, &snapshots).map_err(reading)?;
    let segments: Vec<_> = view.segments().collect();
    let log_bytes: u64 = segments.iter().map(|segment| segment.bytes).sum();
    let loss = view.losses().next();
    match output {
        Output::Json => output::json(&json!({
            "directory": dir,
            "inUse": view.in_use(),
            "epoch": view.epoch(),
            "replaces": view.replaces(),
            "floor": view.floor(),
            "head": view.head().sequence,
            "chain": view.head().chain,
            "recordedAt": view.head().recorded_at,
            "segments": segments.len(),
            "logBytes": log_bytes,
            "snapshots": snapshots.iter().map(snapshot_value).collect::<Vec<_>>(),
            "stock": ledger.as_ref().map(stock_value),
            "deadLetters": letters.len(),
            "unresolved": unresolved,
            "damage": loss.map(ToString::to_string),
        }))?,
        Output::Table => {
            let head = view.head();
            let mut rows = vec![
                ("in use", yes_or_no(view.in_use())),
                ("epoch", view.epoch().to_string()),
                (
                    "positions",
                    format!("{} to {}", view.floor().next(), head.sequence),
                ),
                ("last recorded at", head.recorded_at.to_string()),
                ("chain", head.chain.to_string()),
                ("log", output::bytes(log_bytes)),
                ("segments", segments.len().to_string()),
            ];
            if let Some(replaced) = view.replaces() {
                rows.insert(2, ("replaces epoch", replaced.to_string()));
            }
            rows.extend(
                snapshots
                    .iter()
                    .map(|found| (found.file, snapshot_text(found))),
            );
            match &ledger {
                Some(ledger) => rows.extend(stock_rows(ledger)),
                None => rows.push(("stock", "cannot be told: the log is damaged".to_owned())),
            }
            let total = letters.len();
            rows.push(("dead letters", format!("{total}, {unresolved} unresolved")));
            output::rows(&rows)?;
        }
    }
    match loss {
        Some(loss) => Err(Failure::damage(format!(
            "the log is damaged: {loss}; run `inventory verify` on it for what to do"
        ))),
        None => Ok(()),
    }
}

/// The ledger at the head: the newest snapshot that can be used, and the log after it, as a start makes it.
fn stock(view: &View, snapshots: &[SnapshotFile]) -> std::io::Result<Option<Ledger>> {
    let usable = snapshots.iter().find_map(|found| {
        let snapshot = found.snapshot.as_ref().ok()?;
        let image = (snapshot.epoch == view.epoch()).then_some(&snapshot.image);
        image.filter(|image| image.head().sequence >= view.floor())
    });
    let mut ledger = match usable {
        Some(image) => image.clone().thaw(WindowLimits::NONE),
        None if view.floor() == Sequence::START => Ledger::new(WindowLimits::default()),
        None => return Ok(None),
    };
    let mut followed = true;
    let after = ledger.head().sequence;
    view.each_record(after, Default::default(), &mut |record| {
        let entry = record.entry.ok();
        let outcome = entry.map(|entry| replica::apply(&mut ledger, &entry).is_ok());
        followed = outcome == Some(true);
        match followed {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    })?;
    Ok((followed && ledger.head() == view.head()).then_some(ledger))
}

fn stock_value(ledger: &Ledger) -> Value {
    json!({
        "products": ledger.product_count(),
        "levels": ledger.level_count(),
        "quarantined": ledger.quarantined_count(),
        "keys": ledger.key_count(),
        "keysRememberedSince": ledger.keys_remembered_since(),
        "openReservations": ledger.open_reservations(),
        "openTransfers": ledger.open_transfers(),
    })
}

fn stock_rows(ledger: &Ledger) -> Vec<(&'static str, String)> {
    let keys = match ledger.keys_remembered_since() {
        Timestamp::UNIX_EPOCH => format!("{}, all that were ever used", ledger.key_count()),
        since => format!("{}, all that were used since {since}", ledger.key_count()),
    };
    let products = match ledger.quarantined_count() {
        0 => ledger.product_count().to_string(),
        waiting => format!(
            "{}, {waiting} of them wait for a count",
            ledger.product_count()
        ),
    };
    vec![
        ("products", products),
        ("levels", ledger.level_count().to_string()),
        ("keys", keys),
        ("open reservations", ledger.open_reservations().to_string()),
        ("open transfers", ledger.open_transfers().to_string()),
    ]
}

fn snapshot_value(found: &SnapshotFile) -> Value {
    let position = found.snapshot.as_ref().ok();
    json!({
        "file": found.file,
        "bytes": found.bytes,
        "position": position.map(|snapshot| snapshot.image.head().sequence),
        "damaged": position.is_none(),
    })
}

fn snapshot_text(found: &SnapshotFile) -> String {
    let bytes = output::bytes(found.bytes);
    match &found.snapshot {
        Ok(snapshot) => format!("position {}, {bytes}", snapshot.image.head().sequence),
        Err(error) => format!("{error}, {bytes}"),
    }
}

fn yes_or_no(yes: bool) -> String {
    match yes {
        true => "yes: a central runs on it".to_owned(),
        false => "no".to_owned(),
    }
}
