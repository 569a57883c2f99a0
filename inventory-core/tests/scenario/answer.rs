//! Answers as a table writes them.

use inventory_core::machine::{Line, Rejection};
use inventory_core::testing::{Effect, Predicted};

/// The answer in the words of a table.
pub(super) fn text(answer: &Predicted) -> String {
    match answer {
        Predicted::Applied { effects, .. } => {
            let effects: Vec<_> = effects.iter().map(effect).collect();
            effects.join(" & ")
        }
        Predicted::Replayed { first } => format!("replayed {first}"),
        Predicted::Refused(rejection) => format!("refused: {}", refusal(rejection)),
    }
}

fn effect(effect: &Effect) -> String {
    let Effect {
        version,
        at_store,
        total,
    } = effect;
    match at_store == total {
        true => format!("{at_store} v{version}"),
        false => format!("{at_store} v{version} total {total}"),
    }
}

fn refusal(rejection: &Rejection) -> String {
    match rejection {
        Rejection::KeyReused { first, differs } => format!("KeyReused, {first} has {differs}"),
        Rejection::Quarantined { line, .. } => format!("Quarantined{}", of(*line)),
        Rejection::StaleVersion { line, current, .. } => {
            let (version, at_store, available) =
                (current.version, current.at_store, current.available);
            let of = of(*line);
            format!("StaleVersion{of}, is v{version} with {at_store} of {available}")
        }
        Rejection::InsufficientStock {
            line, available, ..
        } => format!("InsufficientStock{}, has {available}", of(*line)),
        Rejection::BelowReserved { line, reserved, .. } => {
            format!("BelowReserved{}, has {reserved}", of(*line))
        }
        Rejection::StockCeiling { line, .. } => format!("StockCeiling{}", of(*line)),
        Rejection::VersionsExhausted { line, .. } => format!("VersionsExhausted{}", of(*line)),
    }
}

fn of(line: Line) -> String {
    match line {
        Line(0) => String::new(),
        line => format!(" in line {line}"),
    }
}
