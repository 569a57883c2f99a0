//! What has happened.

use inventory_core::engine::HistoryQuery;
use inventory_core::ports::EntryFilter;
use inventory_core::vocabulary::{ProductId, Reference, Sequence, StoreId};

use super::params::checked;
use super::past::search;
use super::service::Central;
use crate::server::params::{cursor, page_after, page_limit};
use crate::server::{Answer, ApiError, Call, Param};
use crate::wire::{Cursor, History, HistoryEvent};

pub(super) const HISTORY_PRODUCT: Param = Param::id::<ProductId>(
    "productId",
    "only events of this product; this or reference is needed",
);
pub(super) const HISTORY_STORE: Param =
    Param::id::<StoreId>("storeId", "only events at this store");
pub(super) const HISTORY_REFERENCE: Param = Param::parsed::<Reference>(
    "reference",
    "only events of requests that named this reference",
    "^[^\\u0000-\\u001f\\u007f-\\u009f]{1,256}$",
    "",
);
pub(super) const HISTORY_CURSOR: Param = cursor::<Sequence>();

/// GET /history
pub(super) async fn get(call: Call<Central>) -> Result<Answer, ApiError> {
    let query = query(&call)?;
    let limit = page_limit(&call);
    let found = search(call.service(), HISTORY_CURSOR.name, move |reader| {
        let page = reader.history(&query, limit)?;
        Ok(History {
            items: page.events.iter().map(HistoryEvent::of).collect(),
            next_cursor: Cursor::next(page.next),
            complete: page.is_whole,
        })
    });
    Ok(Answer::json(&found.await?))
}

fn query(call: &Call<Central>) -> Result<HistoryQuery, ApiError> {
    let product: Option<ProductId> = checked(call, &HISTORY_PRODUCT);
    let store: Option<StoreId> = checked(call, &HISTORY_STORE);
    let reference = checked(call, &HISTORY_REFERENCE).map(EntryFilter::Reference);
    let filter = match (reference, &product, &store) {
        (Some(filter), _, _) => filter,
        (None, Some(product), Some(store)) => EntryFilter::Level(product.clone(), store.clone()),
        (None, Some(product), None) => EntryFilter::Product(product.clone()),
        (None, None, _) => {
            let issue = "must be there, unless there is a reference";
            return Err(ApiError::field(HISTORY_PRODUCT.name, issue));
        }
    };
    Ok(HistoryQuery::new(filter)
        .with_product(product)
        .with_store(store)
        .with_before(page_after(call)))
}
