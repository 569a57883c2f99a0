//! Counts.

use inventory_core::engine::BasisError;
use inventory_core::machine::{Basis, Guard, Request};
use inventory_core::vocabulary::{IdempotencyKey, Sequence};

use super::past::search;
use super::refusal::{Body, refused_in};
use super::service::Central;
use super::updates::{buried, mark_replayed};
use crate::kit::{Answer, ApiError, Call, params};
use crate::wire::Code;
use crate::wire::{Count, Counted};

/// The field that names the moment at which a count began.
const AS_OF_OFFSET: &str = "asOfOffset";

/// POST /inventory/counts
pub(super) async fn post(call: Call<Central>) -> Result<Answer, ApiError> {
    let mut count: Count = call.json()?;
    let key = params::required_key(&call, count.idempotency_key.take())?;
    let basis = match (count.version, count.as_of_offset) {
        (Some(version), None) => Ok(version.map_or(Guard::Unguarded, Guard::At)),
        (None, Some(offset)) => Err(offset),
        (Some(_), Some(_)) => {
            let issue = "must not be there beside version";
            return Err(ApiError::field(AS_OF_OFFSET, issue));
        }
        (None, None) => {
            let issue = "must be there, though it may be null, unless there is asOfOffset";
            return Err(ApiError::field("version", issue));
        }
    };
    call.caller().may_write_for(&count.store_id)?;
    let basis = match basis {
        Ok(guard) => Basis::Now(guard),
        Err(offset) => basis_as_of(&call, &count, offset, &key).await?,
    };
    let request = Request::new(key, vec![count.command(basis)]).expect("one line is a request");
    let request = count.remarks().of(request);
    let receipt = match call.submit_one(request).await? {
        Ok(receipt) => receipt,
        Err(rejection) => return Err(refused_in(&rejection, Body::Line("counted"))),
    };
    let counted = Counted::from_receipt(count.counted, &receipt).ok_or_else(buried)?;
    Ok(mark_replayed(Answer::json(&counted), receipt.replayed))
}

/// What was there when the count began. The past does not change, so nobody can come in between.
async fn basis_as_of(
    call: &Call<Central>,
    count: &Count,
    offset: Sequence,
    key: &IdempotencyKey,
) -> Result<Basis, ApiError> {
    let reader = call.service().reader();
    if call.is_known(key)? {
        return Ok(reader.basis_of_replay(offset));
    }
    let (product, store) = (count.product_id.clone(), count.store_id.clone());
    let basis = search(call.service(), AS_OF_OFFSET, move |reader| {
        match reader.basis_as_of(&product, &store, offset) {
            Ok(basis) => Ok(Some(basis)),
            Err(BasisError::Quarantined { .. }) => Ok(None),
            Err(BasisError::Past(error)) => Err(error),
        }
    });
    basis.await?.ok_or_else(|| {
        let message = "the product was quarantined at that offset: its numbers say nothing";
        ApiError::new(Code::Quarantined, message)
            .with_detail(AS_OF_OFFSET, "count again, with a version")
    })
}
