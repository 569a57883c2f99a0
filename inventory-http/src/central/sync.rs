//! A store's stock, set in one request. Its handler is written by hand, since it names what is wrong by row, does without a
//! key, and answers also when nothing is to be done.

use std::collections::HashSet;

use inventory_core::machine::{Command, Rejection, Request, RowOutcome};

use super::mutate::mark_replayed;
use super::refusal::refused;
use super::service::Central;
use crate::server::{Answer, ApiError, Call, FAULTS_MAX, Faults, params};
use crate::wire::{Body as _, Code, SYNC_ROWS_MAX, Sync, Synced};

/// POST /inventory/sync
pub(super) async fn post(call: Call<Central>) -> Result<Answer, ApiError> {
    let mut sync: Sync = call.json()?;
    call.caller().may_write_for(&sync.store_id)?;
    let key = params::key(&call, sync.idempotency_key.take())?;
    let commands = commands(&sync)?;
    let request = match key {
        Some(key) => Request::new(key, commands),
        None => Request::unkeyed(commands),
    };
    let request = request.expect("the number of rows was checked");
    let request = sync.remarks().of(request);
    let answered = call.submit_one(request).await?;
    let (outcomes, replayed): (Vec<RowOutcome>, bool) = match &answered {
        Ok(receipt) => (receipt.entry.outcomes.to_vec(), receipt.replayed),
        Err(Rejection::NothingToDo { outcomes }) => (outcomes.to_vec(), false),
        Err(rejection) => return Err(refused(rejection)),
    };
    let ids = sync.products.iter().map(|row| &row.id);
    let answer = Answer::json(&Synced::new(ids.zip(outcomes)));
    Ok(mark_replayed(answer, replayed))
}

fn commands(sync: &Sync) -> Result<Vec<Command>, ApiError> {
    if !(1..=SYNC_ROWS_MAX).contains(&sync.products.len()) {
        let issue = format!("must have 1 to {SYNC_ROWS_MAX} rows");
        return Err(ApiError::field("products", issue));
    }
    let mut faults = Faults::default();
    let mut commands = Vec::with_capacity(sync.products.len());
    for (row, product) in sync.products.iter().enumerate() {
        match product.command(&sync.store_id, sync.mode) {
            Some(command) => commands.push(command),
            None => {
                faults.push(format!("products[{row}].version"), "a merge needs it");
            }
        }
    }
    faults.check()?;
    let mut known = HashSet::with_capacity(sync.products.len());
    let rows = sync.products.iter().enumerate();
    let twice = rows.filter(|(_, product)| !known.insert(&product.id));
    let twice: Vec<usize> = twice.map(|(row, _)| row).take(FAULTS_MAX).collect();
    if twice.is_empty() {
        return Ok(commands);
    }
    let message = "a product stands twice; nothing was done";
    let mut error = ApiError::new(Code::Unprocessable, message);
    for row in twice {
        error = error.with_detail(
            format!("products[{row}].id"),
            "stands in an earlier row too",
        );
    }
    Err(error)
}
