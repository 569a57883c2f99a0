//! Changes of many levels that apply together or not at all.

use inventory_core::machine::Request;

use super::refusal::{Body, refused_in};
use super::service::Central;
use super::updates::{buried, mark_replayed};
use crate::kit::{Answer, ApiError, Call, params};
use crate::wire::{LINES_MAX, Transacted, Transaction};

/// POST /inventory/transactions
pub(super) async fn post(call: Call<Central>) -> Result<Answer, ApiError> {
    let mut transaction: Transaction = call.json()?;
    check_lines(transaction.lines.len())?;
    for line in &transaction.lines {
        call.caller().may_write_for(&line.store_id)?;
    }
    let key = params::required_key(&call, transaction.idempotency_key.take())?;
    let remarks = transaction.remarks();
    let request = Request::new(key, transaction.commands());
    let request = request.expect("the number of lines was checked");
    let request = remarks.of(request);
    let receipt = call.submit_one(request).await?;
    let receipt = receipt.map_err(|rejection| refused_in(&rejection, Body::Lines("delta")))?;
    let answer = Answer::json(&Transacted::from_receipt(&receipt).ok_or_else(buried)?);
    Ok(mark_replayed(answer, receipt.replayed))
}

/// Refuses more lines than an answer may have, and none.
pub(super) fn check_lines(lines: usize) -> Result<(), ApiError> {
    match lines {
        1..=LINES_MAX => Ok(()),
        _ => {
            let issue = format!("must have 1 to {LINES_MAX} lines");
            Err(ApiError::field("lines", issue))
        }
    }
}
