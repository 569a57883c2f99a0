//! Hold, commit, release, extend.

use hyper::StatusCode;
use inventory_core::engine::Receipt;
use inventory_core::machine::{self, Command, Request};
use inventory_core::vocabulary::{IdempotencyKey, ReservationId};
use serde::Serialize;

use super::params::reservation;
use crate::central::refusal::{Body, lines_refused, refused_in};
use crate::central::service::Central;
use crate::central::transactions::check_lines;
use crate::central::updates::{buried, mark_replayed};
use crate::kit::{Answer, ApiError, Call, params};
use crate::wire::{
    Commit, Committed, Extend, Extended, Held, Hold, LevelUnits, Release, Released, Remarks,
};

/// POST /reservations
pub(super) async fn hold(call: Call<Central>) -> Result<Answer, ApiError> {
    let mut hold: Hold = call.json()?;
    check_lines(hold.lines.len())?;
    for LevelUnits { store_id, .. } in &hold.lines {
        call.caller().may_write_for(store_id)?;
    }
    let key = params::required_key(&call, hold.idempotency_key.take())?;
    let remarks = hold.remarks();
    let request = request(key, hold.commands(), remarks);
    let answer = submit(&call, request, Held::from_receipt).await?;
    Ok(answer.with_status(StatusCode::CREATED))
}

/// POST /reservations/{reservationId}/commit
pub(super) async fn commit(call: Call<Central>) -> Result<Answer, ApiError> {
    let id = reservation(&call)?;
    let mut commit: Commit = call.json()?;
    if let Some(lines) = &commit.lines {
        check_lines(lines.len())?;
    }
    let key = params::required_key(&call, commit.idempotency_key.take())?;
    check_stores(&call, &id)?;
    let remarks = commit.remarks();
    let command = commit.command(id).map_err(lines_refused)?;
    let request = request(key, vec![command], remarks);
    submit(&call, request, Committed::from_receipt).await
}

/// POST /reservations/{reservationId}/release
pub(super) async fn release(call: Call<Central>) -> Result<Answer, ApiError> {
    let id = reservation(&call)?;
    let mut release: Release = call.json()?;
    let key = params::required_key(&call, release.idempotency_key.take())?;
    check_stores(&call, &id)?;
    let command = machine::Release { reservation: id };
    let request = request(key, vec![command.into()], release.remarks());
    submit(&call, request, Released::from_receipt).await
}

/// POST /reservations/{reservationId}/extend
pub(super) async fn extend(call: Call<Central>) -> Result<Answer, ApiError> {
    let id = reservation(&call)?;
    let mut extend: Extend = call.json()?;
    let key = params::required_key(&call, extend.idempotency_key.take())?;
    check_stores(&call, &id)?;
    let command = machine::Extend {
        reservation: id,
        ttl: extend.ttl_seconds,
    };
    let request = request(key, vec![command.into()], extend.remarks());
    submit(&call, request, Extended::from_receipt).await
}

/// Whether the caller may write for every store of a reservation, where it is known by now: the engine looks at one that is made
/// in between.
fn check_stores(call: &Call<Central>, id: &ReservationId) -> Result<(), ApiError> {
    let caller = call.caller();
    call.service().reader().read(|ledger| {
        let lines = ledger.reservation(id).map(|known| &known.lines);
        let mut lines = lines.into_iter().flatten();
        lines.try_for_each(|line| caller.may_write_for(&line.store))
    })
}

/// How lines of a reservation are written.
const HELD: Body = Body::Lines("quantity");

fn request(key: IdempotencyKey, commands: Vec<Command>, remarks: Remarks) -> Request {
    let request = Request::new(key, commands);
    let request = request.expect("the number of lines was checked");
    remarks.of(request)
}

/// Submits a request, and answers with what its receipt says.
async fn submit<T: Serialize>(
    call: &Call<Central>,
    request: Request,
    told: fn(&Receipt) -> Option<T>,
) -> Result<Answer, ApiError> {
    let receipt = call.submit_one(request).await?;
    let receipt = receipt.map_err(|rejection| refused_in(&rejection, HELD))?;
    let answer = Answer::json(&told(&receipt).ok_or_else(buried)?);
    Ok(mark_replayed(answer, receipt.replayed))
}
