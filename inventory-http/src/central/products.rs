//! Reading products.

use std::ops::Bound;

use bytes::Bytes;
use hyper::header::{CACHE_CONTROL, ETAG, HeaderValue};
use inventory_core::machine::{Level, ProductView};
use inventory_core::vocabulary::{ProductId, Quantity, StoreId, Version};

use super::params::{BELOW, IF_MATCH, IF_NONE_MATCH, PREFIX, STORE, checked};
use super::service::Central;
use crate::server::params::{page_after, page_limit, subject};
use crate::server::{Answer, ApiError, Call, HeaderParam};
use crate::wire::{Code, Cursor, GlobalProduct, Listing, Product};

/// Products that are looked at under one hold of the ledger: the writer waits for less than a millisecond.
const LOOK_MAX: usize = 2_000;

/// Products that are looked at for one page: a filter that matches little must not keep a thread.
const SCAN_MAX: usize = 20_000;

/// GET /inventory/{productId}
pub(super) fn get(call: &Call<Central>) -> Result<Answer, ApiError> {
    let id = subject(call)?;
    let found = call
        .service()
        .reader()
        .read(|ledger| ledger.product(&id).map(Product::of));
    product_answer(call, &found.ok_or_else(not_found)?)
}

/// A product as an answer, where the conditions of the request let it.
pub(super) fn product_answer(call: &Call<Central>, found: &Product) -> Result<Answer, ApiError> {
    let tag = Tag::of(call.service().tag_start(), found.version);
    if named(call, &IF_MATCH, &tag, Comparison::Strong) == Some(false) {
        let message = format!("the product is at version {}", found.version);
        return Err(ApiError::new(Code::PreconditionFailed, message)
            .with_detail("If-Match", "does not name the product's version"));
    }
    // A quarantine changes what is read without a new version: nobody may keep an answer through it.
    let known = named(call, &IF_NONE_MATCH, &tag, Comparison::Weak) == Some(true);
    let answer = match known && !found.quarantined {
        true => Answer::not_modified(),
        false => Answer::json(found),
    };
    // It may be kept by who asked, and must be asked about each time.
    Ok(answer
        .with_header(ETAG, tag.0)
        .with_header(CACHE_CONTROL, ASK_AGAIN))
}

/// GET /inventory/global/{productId}
pub(super) fn get_global(call: &Call<Central>) -> Result<Answer, ApiError> {
    let id = subject(call)?;
    let found = call
        .service()
        .reader()
        .read(|ledger| ledger.product(&id).map(GlobalProduct::of));
    found
        .map(|found| Answer::json(&found))
        .ok_or_else(not_found)
}

pub(super) fn not_found() -> ApiError {
    ApiError::new(Code::NotFound, "this product was never written")
        .with_detail("productId", "is not known")
}

const ASK_AGAIN: HeaderValue = HeaderValue::from_static("private, no-cache");

/// The entity tag of a product's version.
struct Tag(HeaderValue);

impl Tag {
    fn of(start: &str, version: Version) -> Self {
        let mut digits = itoa::Buffer::new();
        let tag = [start, digits.format(version.number()), "\""].concat();
        let tag = HeaderValue::from_maybe_shared(Bytes::from(tag));
        Self(tag.expect("digits and a hyphen in quotes"))
    }
}

/// Whether a weak tag may be the same as a strong one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Strong,
    Weak,
}

/// Whether a list of entity tags names one; `None` when there is no such header.
fn named(
    call: &Call<Central>,
    header: &HeaderParam,
    tag: &Tag,
    comparison: Comparison,
) -> Option<bool> {
    let list = call.header(header).filter(|list| !list.is_empty())?;
    let mut tags = list.split(',').map(str::trim);
    Some(tags.any(|given| {
        let strong = match comparison {
            Comparison::Strong => given,
            Comparison::Weak => given.strip_prefix("W/").unwrap_or(given),
        };
        given == "*" || strong.as_bytes() == tag.0.as_bytes()
    }))
}

/// What a listing shows.
pub(super) struct Filter {
    store: Option<StoreId>,
    pub(super) prefix: Option<String>,
    below: Option<u64>,
}

impl Filter {
    pub(super) fn of(call: &Call<Central>) -> Self {
        Self {
            store: checked(call, &STORE),
            prefix: call.query.text(&PREFIX).map(str::to_owned),
            below: call.query.integer(&BELOW),
        }
    }

    /// Whether every product that begins with the prefix is shown.
    pub(super) fn shows_all(&self) -> bool {
        self.store.is_none() && self.below.is_none()
    }

    fn shown(&self, view: ProductView<'_>) -> Option<Product> {
        self.keep(Product::of(view), |store| view.level(store))
    }

    /// The product as the listing shows it, if it does.
    pub(super) fn keep(
        &self,
        mut shown: Product,
        level: impl FnOnce(&StoreId) -> Option<Level>,
    ) -> Option<Product> {
        if let Some(store) = &self.store {
            shown.available = level(store)?.available();
        }
        let below = self
            .below
            .is_none_or(|below| shown.available < Quantity::new(below).unwrap_or(Quantity::MAX));
        below.then_some(shown)
    }
}

/// A page that is being filled.
struct Page {
    items: Vec<Product>,
    limit: usize,
    looked_at: usize,
    after: Option<ProductId>,
    ended: bool,
}

/// GET /inventory
pub(super) fn list(call: &Call<Central>) -> Result<Answer, ApiError> {
    let filter = Filter::of(call);
    let mut page = Page {
        items: Vec::new(),
        limit: page_limit(call),
        looked_at: 0,
        after: page_after(call),
        ended: false,
    };
    while !page.ended && page.items.len() < page.limit && page.looked_at < SCAN_MAX {
        page.fill(call.service().reader(), &filter);
    }
    let next = page.after.filter(|_| !page.ended);
    Ok(Answer::json(&Listing {
        items: page.items,
        next_cursor: Cursor::next(next),
    }))
}

impl Page {
    /// Looks at the next products, for as long as the writer can wait.
    fn fill(&mut self, reader: &inventory_core::engine::Reader, filter: &Filter) {
        let prefix = filter.prefix.as_deref().unwrap_or_default();
        let after = self.after.take();
        reader.read(|ledger| {
            let from = match &after {
                Some(after) if after.as_str() >= prefix => Bound::Excluded(after.as_str()),
                _ => Bound::Included(prefix),
            };
            let mut products = ledger.products_from(from).peekable();
            let mut last = None;
            for _ in 0..LOOK_MAX {
                let view = match products.next() {
                    Some(view) if view.id().as_str().starts_with(prefix) => view,
                    _ => {
                        self.ended = true;
                        return;
                    }
                };
                self.looked_at += 1;
                last = Some(view.id());
                self.items.extend(filter.shown(view));
                if self.items.len() == self.limit {
                    break;
                }
            }
            self.ended = products
                .peek()
                .is_none_or(|view| !view.id().as_str().starts_with(prefix));
            self.after = last.cloned();
        });
    }
}
