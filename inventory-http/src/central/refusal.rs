//! What the engine says, as errors of the API: the one place where refusals become status codes.

use inventory_core::engine::EngineError;
use inventory_core::machine::{Difference, Rejection};
use inventory_core::writer::NotTaken;

use crate::kit::{ApiError, Code, CurrentStock};

/// How long to wait before the same request is worth sending again.
const RETRY_S: u64 = 1;

/// A refusal. Nothing was changed.
pub(super) fn refused(rejection: &Rejection) -> ApiError {
    let message = rejection.to_string();
    match rejection {
        Rejection::KeyReused { differs, .. } => {
            let field = match differs {
                Difference::Lines
                | Difference::Operation(_)
                | Difference::Subject
                | Difference::Unseen => "idempotencyKey",
                Difference::Product(_) => "productId",
                Difference::Store(_) => "storeId",
                Difference::Amount(_) => "delta",
            };
            ApiError::new(Code::Unprocessable, message)
                .with_detail("idempotencyKey", "was used for another request")
                .with_detail(field, "differs from the request that used the key first")
        }
        Rejection::Quarantined { .. } => ApiError::new(Code::Quarantined, message)
            .with_detail("productId", "takes nothing but a count until it is counted"),
        Rejection::StaleVersion { current, .. } => ApiError::new(Code::Conflict, message)
            .with_detail(
                "version",
                format!("the product is at version {}", current.version),
            )
            .with_current(CurrentStock {
                version: current.version.number(),
                available: current.available.units(),
                store_quantity: current.at_store.units(),
            }),
        Rejection::InsufficientStock { available, .. } => {
            ApiError::new(Code::Unprocessable, message)
                .with_detail("delta", format!("{available} are available at the store"))
        }
        Rejection::BelowReserved { reserved, .. } => ApiError::new(Code::Unprocessable, message)
            .with_detail("qty", format!("{reserved} are reserved at the store")),
        Rejection::StockCeiling { .. } => ApiError::new(Code::Unprocessable, message)
            .with_detail("delta", "would lead above the largest quantity"),
        Rejection::NamedTwice { line } => ApiError::new(Code::Unprocessable, message)
            .with_detail(format!("lines[{line}]"), "is named by an earlier line too"),
        Rejection::LinesDiffer { line } => ApiError::new(Code::Unprocessable, message).with_detail(
            format!("lines[{line}]"),
            "does not agree with the lines before it",
        ),
        Rejection::ReservationExists { state, .. } => ApiError::new(Code::Conflict, message)
            .with_detail("reservationId", "reservation_exists")
            .with_detail("state", state.name()),
        Rejection::UnknownReservation { .. } => ApiError::new(Code::NotFound, message)
            .with_detail("reservationId", "unknown, or ended long ago"),
        Rejection::ReservationEnded { state, .. } => ApiError::new(Code::Conflict, message)
            .with_detail("reservationId", format!("reservation_{state}"))
            .with_detail("state", state.name()),
        Rejection::NotHeld { line, held, .. } => ApiError::new(Code::Unprocessable, message)
            .with_detail(
                format!("lines[{line}].quantity"),
                format!("{held} are held there"),
            ),
        Rejection::LivesTooLong { latest, .. } => ApiError::new(Code::Unprocessable, message)
            .with_detail("ttlSeconds", format!("must not lead beyond {latest}")),
        Rejection::TransferExists { state, .. } => ApiError::new(Code::Conflict, message)
            .with_detail("transferId", "transfer_exists")
            .with_detail("state", state.name()),
        Rejection::SameStore { .. } => ApiError::new(Code::Unprocessable, message)
            .with_detail("toStoreId", "must be another store than fromStoreId"),
        Rejection::UnknownTransfer { .. } => ApiError::new(Code::NotFound, message)
            .with_detail("transferId", "unknown, or ended long ago"),
        Rejection::TransferEnded { state, .. } => ApiError::new(Code::Conflict, message)
            .with_detail("transferId", format!("transfer_{state}"))
            .with_detail("state", state.name()),
        Rejection::NotInTransit {
            line, in_transit, ..
        } => ApiError::new(Code::Unprocessable, message).with_detail(
            format!("lines[{line}].quantity"),
            format!("{in_transit} are on the way"),
        ),
        Rejection::UnknownLevel { .. } => ApiError::new(Code::NotFound, message)
            .with_detail("productId", "nothing is known of it at this store"),
        Rejection::UnknownAlert { .. } => ApiError::new(Code::NotFound, message)
            .with_detail("productId", "has no alert at this store"),
        // A synchronisation answers it with the outcome of each row; nothing else can be told so.
        Rejection::NothingToDo { .. } => ApiError::new(Code::Unprocessable, message),
        Rejection::VersionsExhausted { .. } => ApiError::new(Code::Unprocessable, message)
            .with_detail("productId", "has had its last version"),
    }
}

/// A submission that was not taken.
pub(super) fn not_taken(reason: NotTaken) -> ApiError {
    let message = match reason {
        NotTaken::Full => "too much is waiting to be written; nothing was done",
        NotTaken::Closed => "the service is stopping; nothing was done",
    };
    ApiError::new(Code::Unavailable, message).with_retry_after(RETRY_S)
}

/// A group that has no answers.
pub(super) fn not_answered(error: &EngineError) -> ApiError {
    let message = match error {
        EngineError::NotWritten { .. } => "nothing was written; the same request may be sent again",
        EngineError::OutcomeUnknown { .. } => "the outcome is unknown; send the same key again",
        EngineError::Fenced { .. } | EngineError::Stopped => {
            "this engine has stopped; nothing was done"
        }
    };
    ApiError::new(Code::Unavailable, message).with_retry_after(RETRY_S)
}
