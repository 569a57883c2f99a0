//! Products as they were.

use std::ops::Bound;

use inventory_core::engine::{PastError, ProductState, Reader};
use inventory_core::vocabulary::{ProductId, Sequence};

use super::params::checked;
use super::past::search;
use super::products::{Filter, not_found, product_answer};
use super::service::Central;
use crate::server::params::{page_after, page_limit, subject};
use crate::server::{Answer, ApiError, Call, Param};
use crate::wire::{AsOf, Cursor, GlobalProduct, Listing, Product, schema};

pub(super) const AS_OF: Param = Param::parsed::<AsOf>(
    "asOf",
    "what was known after the last request that ended at or before this offset, or after all that was recorded at or before \
     this time of RFC 3339; absent for now",
    "^([0-9]{1,16}|[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[+ -][0-9]{2}:[0-9]{2}))$",
    schema::AS_OF_FORMAT,
);

/// Products that are looked at for a page that is filtered.
const LOOK_MAX: usize = 1_000;

/// Whether a call asks for the past.
pub(super) fn is_asked(call: &Call<Central>) -> bool {
    call.query.text(&AS_OF).is_some()
}

/// GET /inventory/{productId}?asOf=
pub(super) async fn get(call: Call<Central>) -> Result<Answer, ApiError> {
    let past = past_product(&call).await?;
    product_answer(&call, &Product::of_past(&past))
}

/// GET /inventory/global/{productId}?asOf=
pub(super) async fn get_global(call: Call<Central>) -> Result<Answer, ApiError> {
    let past = past_product(&call).await?;
    Ok(Answer::json(&GlobalProduct::of_past(past)))
}

/// GET /inventory?asOf=
pub(super) async fn list(call: Call<Central>) -> Result<Answer, ApiError> {
    let filter = Filter::of(&call);
    let (after, limit, as_of) = (page_after(&call), page_limit(&call), asked(&call));
    let listing = search(call.service(), AS_OF.name, move |reader| {
        let at = position(reader, as_of)?;
        page(reader, at, &filter, limit, after)
    });
    Ok(Answer::json(&listing.await?))
}

async fn past_product(call: &Call<Central>) -> Result<ProductState, ApiError> {
    let (id, as_of) = (subject(call)?, asked(call));
    let past = search(call.service(), AS_OF.name, move |reader| {
        reader.product_as_of(&id, position(reader, as_of)?)
    });
    past.await?.ok_or_else(not_found)
}

fn asked(call: &Call<Central>) -> AsOf {
    checked(call, &AS_OF).expect("a call that does not ask for the past is handled elsewhere")
}

fn position(reader: &Reader, as_of: AsOf) -> Result<Sequence, PastError> {
    match as_of {
        AsOf::Offset(offset) => Ok(offset),
        AsOf::Time(time) => reader.position_at(time),
    }
}

fn page(
    reader: &Reader,
    at: Sequence,
    filter: &Filter,
    limit: usize,
    after: Option<ProductId>,
) -> Result<Listing, PastError> {
    let prefix = filter.prefix.as_deref().unwrap_or_default();
    let start = match &after {
        Some(id) if id.as_str() >= prefix => Bound::Excluded(id.as_str()),
        _ => Bound::Included(prefix),
    };
    let looked_max = match filter.shows_all() {
        true => limit,
        false => LOOK_MAX,
    };
    let found = reader.products_as_of(start, prefix, at, looked_max)?;
    let mut items = Vec::new();
    let mut left = found.products.iter();
    let mut last = found.last;
    while let Some(past) = left.next() {
        let level = |store: &_| past.levels.get(store).copied();
        items.extend(filter.keep(Product::of_past(past), level));
        if items.len() == limit && left.len() > 0 {
            last = Some(past.id.clone());
            break;
        }
    }
    let next = last.filter(|_| !found.ended || left.len() > 0);
    Ok(Listing {
        items,
        next_cursor: Cursor::next(next),
    })
}
