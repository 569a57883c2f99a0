//! Many updates in one call, each of which succeeds or fails for itself.

use inventory_core::engine::Answer as Answered;
use inventory_core::machine::Request;
use inventory_core::vocabulary::IdempotencyKey;

use super::mutate::buried;
use super::refusal::refused;
use super::service::Central;
use crate::server::{Answer, ApiError, Call, Faults, Speaker};
use crate::wire::{
    BATCH_UPDATES_MAX, Batch, BatchResult, BatchRow, BatchSummary, Batched, Body as _,
    FromReceipt as _, Update, Updated,
};

/// What a result of usual length takes in the answer.
const RESULT_BYTES: usize = 256;

/// POST /inventory/batch
pub(super) async fn post(call: Call<Central>) -> Result<Answer, ApiError> {
    let batch: Batch = call.json()?;
    let speaker = call.speaker()?;
    let requests = batch_requests(&call, batch)?;
    let answers = call.submit_spoken(requests, &speaker).await?;
    let mut summary = BatchSummary::default();
    let results = answers.iter().map(|answer| {
        let result = batch_result(answer);
        match &result {
            BatchResult::Applied(_) => summary.applied += 1,
            BatchResult::Refused(_) => summary.refused += 1,
        }
        result
    });
    let results: Vec<_> = results.collect();
    let bytes = results.len() * RESULT_BYTES;
    Ok(Answer::json_of(&Batched { results, summary }, bytes))
}

/// The rows, each with whom it is asked for where it says so.
fn batch_requests(
    call: &Call<Central>,
    batch: Batch,
) -> Result<Vec<(Request, Option<Speaker>)>, ApiError> {
    if !(1..=BATCH_UPDATES_MAX).contains(&batch.updates.len()) {
        let issue = format!("must have 1 to {BATCH_UPDATES_MAX} rows");
        return Err(ApiError::field("updates", issue));
    }
    let mut faults = Faults::default();
    for (row, update) in batch.updates.iter().enumerate() {
        if update.idempotency_key.is_none() {
            faults.push(format!("updates[{row}].idempotencyKey"), "is missing");
        }
    }
    faults.check()?;
    let asked = |row: BatchRow| {
        let (mut update, on_behalf_of) = row.split();
        let caller = call.caller();
        let speaker = on_behalf_of.map(|other| caller.speaker(Some(&other)));
        caller.may_write_for(&update.store_id)?;
        let key = update.idempotency_key.take();
        Ok((request(key.expect("each row has one"), update), speaker))
    };
    batch.updates.into_iter().map(asked).collect()
}

fn request(key: IdempotencyKey, update: Update) -> Request {
    let remarks = update.remarks();
    let request = Request::new(key, vec![update.command()]);
    remarks.of(request.expect("one line is a request"))
}

fn batch_result(answer: &Answered) -> BatchResult {
    match answer {
        Ok(receipt) => match Updated::from_receipt(receipt) {
            Some(updated) => BatchResult::applied(updated, receipt.replayed),
            None => BatchResult::refused(buried().into_body()),
        },
        Err(rejection) => BatchResult::refused(refused(rejection).into_body()),
    }
}
