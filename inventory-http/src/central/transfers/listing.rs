//! Reading transfers.

use inventory_core::machine::{Rejection, Transfer, TransferState};
use inventory_core::vocabulary::{ProductId, StoreId};

use super::params::{FROM, PRODUCT, STATE, TO};
use crate::central::opened::Page;
use crate::central::params::checked;
use crate::central::refusal::refused;
use crate::central::service::Central;
use crate::server::params::{page_after, page_limit, subject};
use crate::server::{Answer, ApiError, Call};
use crate::wire::{self, TransferList};

/// GET /transfers/{transferId}
pub(super) fn get(call: &Call<Central>) -> Result<Answer, ApiError> {
    let id = subject(call)?;
    let found = call
        .service()
        .reader()
        .read(|ledger| ledger.transfer(&id).map(wire::Transfer::of));
    match found {
        Some(found) => Ok(Answer::json(&found)),
        None => Err(refused(&Rejection::UnknownTransfer { transfer: id })),
    }
}

/// What a listing shows.
struct Filter {
    from: Option<StoreId>,
    to: Option<StoreId>,
    product: Option<ProductId>,
    state: Option<TransferState>,
}

impl Filter {
    fn shows(&self, transfer: &Transfer) -> bool {
        let has = |product: &ProductId| transfer.line(product).is_some();
        self.state.is_none_or(|state| state == transfer.state)
            && self
                .from
                .as_ref()
                .is_none_or(|from| *from == transfer.source)
            && self
                .to
                .as_ref()
                .is_none_or(|to| *to == transfer.destination)
            && self.product.as_ref().is_none_or(has)
    }
}

/// GET /transfers
pub(super) fn list(call: &Call<Central>) -> Result<Answer, ApiError> {
    let filter = Filter {
        from: checked(call, &FROM),
        to: checked(call, &TO),
        product: checked(call, &PRODUCT),
        state: checked(call, &STATE),
    };
    let show = |transfer: &Transfer| filter.shows(transfer).then(|| wire::Transfer::of(transfer));
    let reader = call.service().reader();
    let (items, next_cursor) = Page::read(reader, page_after(call), page_limit(call), show);
    Ok(Answer::json(&TransferList { items, next_cursor }))
}
