//! Dead letters (`inventory dead-letters`): what could not be used.

use std::path::Path;

use inventory_core::ports::{Clock as _, DeadLetter, DeadLetters as _, Resolution, Resolved};
use inventory_http::Causes;
use inventory_log::SystemClock;
use inventory_log::file;
use inventory_log::file::inspect::{Depth, View};
use serde_json::{Value, json};

use crate::arguments::{DeadLetters, Output};
use crate::failure::Failure;
use crate::output;

pub(crate) fn run(command: &DeadLetters, output: Output) -> Result<(), Failure> {
    match command {
        DeadLetters::List { dir, all } => list(dir, *all, output),
        DeadLetters::Show { dir, id } => show(dir, id, output),
        DeadLetters::Resolve { dir, id, note } => resolve(dir, id, note, output),
    }
}

fn letters(dir: &Path) -> Result<Vec<DeadLetter>, Failure> {
    let view = View::open(dir, Depth::Ends).map_err(|error| Failure::open(dir, &error))?;
    let read = view.dead_letters();
    let (letters, _) =
        read.map_err(|error| Failure::io(format!("reading {}", dir.display()), &error))?;
    Ok(letters)
}

/// The letter with an id, or with the number that the list gives it.
fn find(dir: &Path, id: &str) -> Result<DeadLetter, Failure> {
    let letters = letters(dir)?;
    let numbered = id
        .parse::<usize>()
        .ok()
        .and_then(|number| number.checked_sub(1));
    let at = letters
        .iter()
        .position(|letter| letter.id == id)
        .or(numbered);
    let found = at.and_then(|at| letters.into_iter().nth(at));
    found.ok_or_else(|| {
        let dir = dir.display();
        Failure::usage(format!(
            "there is no dead letter {id} in {dir}: `inventory dead-letters list {dir} --all` has them all"
        ))
    })
}

fn list(dir: &Path, all: bool, output: Output) -> Result<(), Failure> {
    let letters = letters(dir)?;
    let shown = letters.iter().zip(1..);
    let shown = shown.filter(|(letter, _)| all || letter.resolution.is_none());
    match output {
        Output::Json => {
            let shown = shown.map(|(letter, number)| value(letter, Some(number)));
            output::json(&shown.collect())
        }
        Output::Table => {
            let mut said = String::new();
            for (letter, number) in shown {
                let state = match &letter.resolution {
                    Some(resolution) => format!("resolved {}", resolution.resolved_at),
                    None => "unresolved".to_owned(),
                };
                said += &format!(
                    "{number}  {}  {state}  {}\n   {}\n",
                    letter.buried_at, letter.id, letter.reason
                );
            }
            if said.is_empty() {
                said = "none\n".to_owned();
            }
            output::write(said.as_bytes())
        }
    }
}

fn show(dir: &Path, id: &str, output: Output) -> Result<(), Failure> {
    let letter = find(dir, id)?;
    match output {
        Output::Json => output::json(&value(&letter, None)),
        Output::Table => {
            let position = letter
                .sequence
                .map_or_else(|| "none".to_owned(), |at| at.to_string());
            let product = letter.product.as_ref().map_or("none", |id| id.as_str());
            let kept = letter.content.len() as u64;
            let bytes = match letter.content_bytes {
                found if found > kept => format!("{found}, the first {kept} of them are kept"),
                found => found.to_string(),
            };
            let resolution = match &letter.resolution {
                Some(resolution) => format!("{}: {}", resolution.resolved_at, resolution.note),
                None => "no".to_owned(),
            };
            output::rows(&[
                ("id", letter.id.clone()),
                ("reason", letter.reason.clone()),
                ("buried at", letter.buried_at.to_string()),
                ("position", position),
                ("product", product.to_owned()),
                ("resolved", resolution),
                ("bytes found", bytes),
                ("content", letter.content.escape_ascii().to_string()),
            ])
        }
    }
}

fn resolve(dir: &Path, id: &str, note: &str, output: Output) -> Result<(), Failure> {
    let id = find(dir, id)?.id;
    let opened = file::open_dead_letters(dir);
    let mut letters = opened.map_err(|error| match matches!(error, file::OpenError::InUse) {
        true => Failure::in_use(format!(
            "central runs on {}, and nothing was changed: ask it instead, with POST /admin/dead-letters/ID/resolution, \
             or stop it first",
            dir.display()
        )),
        false => Failure::open(dir, &error),
    })?;
    let resolution = Resolution {
        resolved_at: SystemClock.now(),
        note: note.to_owned(),
    };
    let resolved = letters.resolve(&id, &resolution).map_err(|error| {
        let error = Causes(&error);
        Failure::system(format!("{error}; it may be resolved or not: try again"))
    })?;
    let said = match resolved {
        Resolved::Now => "resolved",
        Resolved::Before => "was resolved before; the first note stays",
        Resolved::Unknown => return Err(Failure::usage(format!("there is no dead letter {id}"))),
    };
    match output {
        Output::Json => output::json(&json!({
            "id": id,
            "resolved": true,
            "before": resolved == Resolved::Before,
        })),
        Output::Table => output::write(format!("{id} {said}\n").as_bytes()),
    }
}

fn value(letter: &DeadLetter, number: Option<usize>) -> Value {
    let resolution = letter.resolution.as_ref();
    let mut value = json!({
        "id": letter.id,
        "sequence": letter.sequence,
        "product": letter.product,
        "reason": letter.reason,
        "buriedAt": letter.buried_at,
        "contentBytes": letter.content_bytes,
        "resolvedAt": resolution.map(|resolution| resolution.resolved_at),
        "note": resolution.map(|resolution| &resolution.note),
    });
    match (number, std::str::from_utf8(&letter.content)) {
        (Some(number), _) => value["number"] = number.into(),
        (None, Ok(text)) => value["text"] = text.into(),
        (None, Err(_)) => {
            let hex = letter.content.iter().map(|byte| format!("{byte:02x}"));
            value["hex"] = hex.collect::<String>().into();
        }
    }
    value
}
