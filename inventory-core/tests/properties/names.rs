//! The names of the situations that answers tell of.

use inventory_core::machine::{Difference, Rejection};
use inventory_core::testing::Predicted;

pub(crate) fn answer_name(answer: &Predicted) -> &'static str {
    match answer {
        Predicted::Applied { outcomes, .. } if !outcomes.is_empty() => "synchronised",
        Predicted::Applied { .. } => "applied",
        Predicted::Replayed { .. } => "replayed",
        Predicted::Reused { .. } => "key reused: two families",
        Predicted::Refused(rejection) => refusal_name(rejection),
    }
}

pub(crate) fn refusal_name(rejection: &Rejection) -> &'static str {
    match rejection {
        Rejection::KeyReused { differs, .. } => difference_name(*differs),
        Rejection::Quarantined { .. } => "quarantined",
        Rejection::StaleVersion { .. } => "stale version",
        Rejection::InsufficientStock { .. } => "insufficient stock",
        Rejection::BelowReserved { .. } => "below reserved",
        Rejection::CountedSince { .. } => "counted since",
        Rejection::NamedTwice { .. } => "named twice",
        Rejection::TooManyLines { .. } => "too many lines",
        Rejection::LinesDiffer { .. } => "lines differ",
        Rejection::ReservationExists { .. } => "reservation exists",
        Rejection::UnknownReservation { .. } => "unknown reservation",
        Rejection::ReservationEnded { .. } => "reservation ended",
        Rejection::NotHeld { .. } => "not held",
        Rejection::LivesTooLong { .. } => "lives too long",
        Rejection::TransferExists { .. } => "transfer exists",
        Rejection::SameStore { .. } => "same store",
        Rejection::UnknownTransfer { .. } => "unknown transfer",
        Rejection::TransferEnded { .. } => "transfer ended",
        Rejection::NotInTransit { .. } => "not in transit",
        Rejection::UnknownAlert { .. } => "unknown alert",
        Rejection::StockCeiling { .. } => "stock ceiling",
        Rejection::NothingToDo { .. } => "nothing to do",
        Rejection::OtherHistory { .. } => "other history",
        Rejection::OutOfScope { .. } => "out of scope",
        Rejection::VersionsExhausted { .. } => "versions exhausted",
    }
}

pub(crate) fn difference_name(difference: Difference) -> &'static str {
    match difference {
        Difference::Lines => "key reused: lines",
        Difference::Operation(_) => "key reused: operation",
        Difference::Product(_) => "key reused: product",
        Difference::Store(_) => "key reused: store",
        Difference::Amount(_) => "key reused: amount",
        Difference::Subject => "key reused: subject",
        Difference::Unseen => "key reused: unseen",
    }
}
