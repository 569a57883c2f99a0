//! Counts.

use inventory_core::engine::BasisError;
use inventory_core::machine::{Basis, Guard, HeldLine, Request, Reservation, ReservationState};
use inventory_core::vocabulary::{IdempotencyKey, Sequence};

use super::past::search;
use super::refusal::{Body, refused_in};
use super::service::Central;
use super::updates::{buried, mark_replayed};
use crate::kit::{Answer, ApiError, Call, Code, Role};
use crate::wire::{Count, Counted, params};

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
    if count.release_holds && !call.is_known(&key)? {
        check_holds(&call, &count)?;
    }
    let basis = match basis {
        Ok(guard) => Basis::Now(guard),
        Err(offset) => basis_as_of(&call, &count, offset, &key).await?,
    };
    let request = Request::new(key, vec![count.command(basis)]).expect("one line is a request");
    let request = request.annotated(count.remarks());
    let receipt = match call.submit_one(request).await? {
        Ok(receipt) => receipt,
        Err(rejection) => return Err(refused_in(&rejection, Body::Line("counted"))),
    };
    let counted = Counted::from_receipt(count.counted, &receipt).ok_or_else(buried)?;
    Ok(mark_replayed(Answer::json(&counted), receipt.replayed))
}

/// Reservations that are looked at under one hold of the ledger.
const LOOK_MAX: usize = 2_000;

/// Whether the caller may end every reservation that the count could end: they end as a whole, also where they hold units of
/// other stores.
///
/// # Errors
///
/// 403: one of them holds units of a store that is not the key's.
fn check_holds(call: &Call<Central>, count: &Count) -> Result<(), ApiError> {
    if *call.caller().role() == Role::Admin {
        return Ok(());
    }
    let reader = call.service().reader();
    let reserved = reader.read(|ledger| {
        let level = ledger.product(&count.product_id)?.level(&count.store_id)?;
        Some(level.reserved())
    });
    let enough = reserved.is_none_or(|reserved| count.counted >= reserved);
    if count.as_of_offset.is_none() && enough {
        return Ok(());
    }
    let foreign = |reservation: &Reservation| {
        let counted =
            |line: &HeldLine| line.product == count.product_id && line.store == count.store_id;
        let refused = |line: &HeldLine| call.caller().may_write_for(&line.store).is_err();
        reservation.lines.iter().any(counted) && reservation.lines.iter().any(refused)
    };
    let mut after = Some(Sequence::START);
    while let Some(position) = after.take() {
        let found = reader.read(|ledger| {
            let now = ledger.head().recorded_at;
            for (looked_at, reservation) in ledger.reservations_after(position).enumerate() {
                // One request may have opened several: none of them is passed over.
                let next = after.is_some_and(|last| last < reservation.opened);
                if looked_at >= LOOK_MAX && next {
                    return None;
                }
                after = Some(reservation.opened);
                if reservation.state_at(now) == ReservationState::Open && foreign(reservation) {
                    return Some(reservation.id.clone());
                }
            }
            after = None;
            None
        });
        if let Some(id) = found {
            let message = "the count may end a reservation that holds units of another store; nothing was done";
            let issue = format!("{id} is not only of this key's stores: release it by its name");
            return Err(ApiError::new(Code::Forbidden, message).with_detail("releaseHolds", issue));
        }
    }
    Ok(())
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
