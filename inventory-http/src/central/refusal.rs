//! What the engine says, as errors of the API: the one place where refusals become status codes.

use std::time::Duration;

use inventory_core::engine::EngineError;
use inventory_core::machine::{Difference, InvalidLines, LINES_MAX, Line, Rejection};
use inventory_core::vocabulary::{Quantity, ReservationId, StoreId};
use inventory_core::writer::NotTaken;

use crate::server::ApiError;
use crate::wire::{Amount, Code, CurrentStock};

/// A refusal of a call whose body is one line with a delta, or has none. Nothing was changed.
pub(super) fn refused(rejection: &Rejection) -> ApiError {
    refused_in(rejection, Amount::Whole("delta"))
}

/// A refusal, with its fields named as in the body of the call. Nothing was changed.
///
/// Sentences that would count lines from zero are not taken over: the detail has the path of the field.
pub(super) fn refused_in(rejection: &Rejection, amount: Amount) -> ApiError {
    let message = rejection.to_string();
    match rejection {
        Rejection::KeyReused { first, differs } => {
            let field = match *differs {
                Difference::Lines
                | Difference::Operation(_)
                | Difference::Subject
                | Difference::Unseen => "idempotencyKey".into(),
                Difference::Product(line) => amount.field(line, "productId"),
                Difference::Store(line) => amount.field(line, "storeId"),
                Difference::Amount(line) => amount.of(line),
            };
            let message = format!("the idempotency key was used at {first} for something else");
            ApiError::new(Code::Unprocessable, message)
                .with_detail("idempotencyKey", "was used for another request")
                .with_detail(field, "differs from the request that used the key first")
        }
        Rejection::Quarantined { line, product } => {
            let message = format!("product {product} is quarantined until it is counted");
            ApiError::new(Code::Quarantined, message).with_detail(
                amount.field(*line, "productId"),
                "takes nothing but a count until it is counted",
            )
        }
        Rejection::StaleVersion {
            line,
            product,
            demanded,
            current,
            ..
        } => {
            let version = current.version;
            let message = format!("product {product} is at version {version}, not {demanded}");
            ApiError::new(Code::Conflict, message)
                .with_detail(
                    amount.field(*line, "version"),
                    format!("the product is at version {version}"),
                )
                .with_current(CurrentStock {
                    version: version.number(),
                    available: current.available.units(),
                    store_quantity: current.at_store.units(),
                })
        }
        Rejection::InsufficientStock {
            line,
            product,
            store,
            delta,
            available,
        } => {
            let message = format!(
                "product {product} has {available} available at {store}, too few for {delta}"
            );
            ApiError::new(Code::Unprocessable, message).with_detail(
                amount.of(*line),
                format!("{available} are available at the store"),
            )
        }
        Rejection::BelowReserved {
            line,
            product,
            store,
            counted,
            reserved,
        } => {
            let message = format!(
                "{counted} of product {product} were counted at {store}, fewer than the {reserved} reserved"
            );
            ApiError::new(Code::Unprocessable, message).with_detail(
                amount.of(*line),
                format!("{reserved} are reserved at the store"),
            )
        }
        Rejection::StockCeiling {
            line,
            product,
            store,
        } => {
            let most = Quantity::MAX;
            let message = format!("product {product} would be above {most} at {store} or in total");
            ApiError::new(Code::Unprocessable, message)
                .with_detail(amount.of(*line), "would lead above the largest quantity")
        }
        Rejection::CountedSince {
            product, store, at, ..
        } => {
            let message = format!(
                "product {product} was counted at {store} at offset {at}, after this count had begun; count again"
            );
            ApiError::new(Code::Conflict, message)
                .with_detail("asOfOffset", "counted_since")
                .with_detail("countedAt", at.to_string())
        }
        Rejection::NamedTwice { line } => {
            let message = "two lines name the same; nothing was done";
            ApiError::new(Code::Unprocessable, message)
                .with_detail(format!("lines[{line}]"), "is named by an earlier line too")
        }
        Rejection::TooManyLines { line } => ApiError::new(
            Code::Unprocessable,
            "more would change than one request may",
        )
        .with_detail(
            amount.of(*line),
            format!("leads to more than {LINES_MAX} lines of one reservation or count"),
        ),
        Rejection::LinesDiffer { line } => {
            let message = "the lines do not agree on what they have in common; nothing was done";
            ApiError::new(Code::Unprocessable, message).with_detail(
                format!("lines[{line}]"),
                "does not agree with the lines before it",
            )
        }
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
        Rejection::UnknownAlert { .. } => ApiError::new(Code::NotFound, message)
            .with_detail("productId", "has no alert at this store"),
        // A synchronisation answers it with the outcome of each row; nothing else can be told so.
        Rejection::NothingToDo { .. } => ApiError::new(Code::Unprocessable, message),
        Rejection::OtherHistory { named, current } => ApiError::new(
            Code::Conflict,
            "the log has another history since the request's numbers were read; nothing was done: read again",
        )
        .with_detail("epoch", format!("is {named}, and the log's is {current}")),
        Rejection::OutOfScope { store, reservation } => {
            out_of_scope(store, reservation.as_ref(), amount)
        }
        Rejection::VersionsExhausted { line, product } => {
            let message = format!("product {product} has no version left");
            ApiError::new(Code::Unprocessable, message)
                .with_detail(amount.field(*line, "productId"), "has had its last version")
        }
    }
}

/// Something would change at a store that is not one of the key. A count says which reservation is not its to end.
fn out_of_scope(store: &StoreId, reservation: Option<&ReservationId>, amount: Amount) -> ApiError {
    let message = "stock of another store would change; nothing was done";
    let error = ApiError::new(Code::Forbidden, message);
    match (reservation, amount) {
        (Some(id), Amount::Whole(_)) => {
            let issue = format!(
                "{id} holds units at {store}, which is not a store of this key: release it by its name"
            );
            error.with_detail("releaseHolds", issue)
        }
        (Some(_) | None, _) => {
            error.with_detail("storeId", format!("{store} is not a store of this key"))
        }
    }
}

/// Lines that do not belong together.
pub(super) fn lines_refused(reason: InvalidLines) -> ApiError {
    match reason {
        InvalidLines::Twice { at } => refused(&Rejection::NamedTwice { line: Line(at) }),
        InvalidLines::Empty | InvalidLines::TooMany => {
            ApiError::field("lines", format!("must have 1 to {LINES_MAX} lines"))
        }
        _ => ApiError::field("lines", reason.to_string()),
    }
}

/// A submission that was not taken.
pub(super) fn not_taken(reason: NotTaken) -> ApiError {
    let message = match reason {
        NotTaken::Full => "too much is waiting to be written; nothing was done",
        NotTaken::Closed => "the service is stopping; nothing was done",
        NotTaken::WithinReply => "a reply may not wait for another; nothing was done",
        _ => "it was not taken; nothing was done",
    };
    ApiError::unavailable(message)
}

/// A submission that is not handed over, since nobody would wait for the disk.
pub(super) fn disk_silent(silence: Duration) -> ApiError {
    ApiError::unavailable(format!("{}; nothing was done", silent_for(silence)))
}

/// How a disk that does not answer is spoken of.
pub(super) fn silent_for(silence: Duration) -> String {
    format!("the disk has not answered for {} ms", silence.as_millis())
}

/// What was handed over may be done, or not.
pub(super) fn outcome_unknown() -> ApiError {
    ApiError::unavailable("the outcome is unknown; send the same key again")
}

/// A group that has no answers.
pub(super) fn not_answered(error: &EngineError) -> ApiError {
    let message = match error {
        EngineError::NotWritten { .. } => "nothing was written; the same request may be sent again",
        EngineError::ClockLeapt(_) => {
            "the clock of the service may be wrong; nothing was done, and /readyz says why"
        }
        EngineError::OutcomeUnknown { .. } => return outcome_unknown(),
        EngineError::Fenced { .. } | EngineError::Stopped => {
            "this engine has stopped; nothing was done"
        }
        _ => return outcome_unknown(),
    };
    ApiError::unavailable(message)
}
