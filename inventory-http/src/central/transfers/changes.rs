//! Ship, receive, close.

use hyper::StatusCode;
use inventory_core::machine::{Command, Request, Transfer};
use inventory_core::vocabulary::{IdempotencyKey, StoreId, TransferId};

use super::params::transfer;
use crate::central::refusal::{Body, lines_refused, refused_in};
use crate::central::service::Central;
use crate::central::transactions::check_lines;
use crate::central::updates::{buried, mark_replayed};
use crate::kit::{Answer, ApiError, Call, params};
use crate::wire::{Close, Moved, Receive, Remarks, Ship};

/// How lines of a transfer are written.
const SHIPPED: Body = Body::Lines("quantity");

/// POST /transfers
pub(super) async fn ship(call: Call<Central>) -> Result<Answer, ApiError> {
    let mut ship: Ship = call.json()?;
    check_lines(ship.lines.len())?;
    call.caller().may_write_for(&ship.from_store_id)?;
    let key = params::required_key(&call, ship.idempotency_key.take())?;
    let remarks = ship.remarks();
    let answer = submit(&call, key, ship.commands(), remarks).await?;
    Ok(answer.with_status(StatusCode::CREATED))
}

/// POST /transfers/{transferId}/receive
pub(super) async fn receive(call: Call<Central>) -> Result<Answer, ApiError> {
    let id = transfer(&call)?;
    let mut receive: Receive = call.json()?;
    if let Some(lines) = &receive.lines {
        check_lines(lines.len())?;
    }
    let key = params::required_key(&call, receive.idempotency_key.take())?;
    check_store(&call, &id, |transfer| &transfer.destination)?;
    let remarks = receive.remarks();
    let command = receive.command(id).map_err(lines_refused)?;
    submit(&call, key, vec![command], remarks).await
}

/// POST /transfers/{transferId}/close
pub(super) async fn close(call: Call<Central>) -> Result<Answer, ApiError> {
    let id = transfer(&call)?;
    let mut close: Close = call.json()?;
    let key = params::required_key(&call, close.idempotency_key.take())?;
    check_store(&call, &id, |transfer| &transfer.source)?;
    submit(&call, key, vec![close.command(id)], close.remarks()).await
}

/// Whether the caller may write for a store of a transfer, where it is known by now: the engine looks at one that is shipped in
/// between.
fn check_store(
    call: &Call<Central>,
    id: &TransferId,
    store: fn(&Transfer) -> &StoreId,
) -> Result<(), ApiError> {
    call.service()
        .reader()
        .read(|ledger| match ledger.transfer(id) {
            Some(known) => call.caller().may_write_for(store(known)),
            None => Ok(()),
        })
}

/// Submits a request, and answers with what its receipt says.
async fn submit(
    call: &Call<Central>,
    key: IdempotencyKey,
    commands: Vec<Command>,
    remarks: Remarks,
) -> Result<Answer, ApiError> {
    let request = Request::new(key, commands);
    let request = request.expect("the number of lines was checked");
    let receipt = call.submit_one(remarks.of(request)).await?;
    let receipt = receipt.map_err(|rejection| refused_in(&rejection, SHIPPED))?;
    let answer = Answer::json(&Moved::from_receipt(&receipt).ok_or_else(buried)?);
    Ok(mark_replayed(answer, receipt.replayed))
}
