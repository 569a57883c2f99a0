//! Counts. Their handler is written by hand, since it looks at the past before there is a command.

use inventory_core::engine::BasisError;
use inventory_core::machine::{Basis, Guard, Request};
use inventory_core::vocabulary::{IdempotencyKey, Sequence};

use super::mutate::{asked, buried, mark_replayed};
use super::past::search;
use super::refusal::refused_in;
use super::service::Central;
use crate::server::{Answer, ApiError, Call};
use crate::wire::{Body as _, Code, Count, Counted, Mutation as _};

/// The field that names the moment at which a count began.
const AS_OF_OFFSET: &str = "asOfOffset";

/// POST /inventory/counts
pub(super) async fn post(call: Call<Central>) -> Result<Answer, ApiError> {
    let (key, count) = asked::<Count>(&call)?;
    let basis = match (count.version, count.as_of_offset) {
        (Some(version), None) => Basis::Now(version.map_or(Guard::Unguarded, Guard::At)),
        (None, Some(offset)) => basis_as_of(&call, &count, offset, &key).await?,
        (Some(_), Some(_)) => {
            let issue = "must not be there beside version";
            return Err(ApiError::field(AS_OF_OFFSET, issue));
        }
        (None, None) => {
            let issue = "must be there, though it may be null, unless there is asOfOffset";
            return Err(ApiError::field("version", issue));
        }
    };
    let request = Request::new(key, vec![count.command(basis)]).expect("one line is a request");
    let request = count.remarks().of(request);
    let receipt = call.submit_one(request).await?;
    let receipt = receipt.map_err(|rejection| refused_in(&rejection, Count::CALL.amount))?;
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
        let basis = reader.basis_as_of(&product, &store, offset);
        basis.map(Some).or_else(|error| match error {
            BasisError::Quarantined { .. } => Ok(None),
            BasisError::Past(error) => Err(error),
            _ => Ok(None),
        })
    });
    basis.await?.ok_or_else(|| {
        let message = "the product was quarantined at that offset: its numbers say nothing";
        ApiError::new(Code::Quarantined, message)
            .with_detail(AS_OF_OFFSET, "count again, with a version")
    })
}
