//! What the store lists of products.

use std::ops::Bound;

use inventory_core::machine::Ledger;
use inventory_core::vocabulary::{ProductId, StoreId};

use super::Shown;
use super::answers::Answers;

/// Products in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The products.
    pub items: Vec<Shown>,
    /// Whether there are more after the last one.
    pub has_more: bool,
}

/// Both orders merged: the ledger's, and that of products that only an answer knows so far.
pub(super) fn page(
    ledger: &Ledger,
    answers: &Answers,
    after: Option<&ProductId>,
    limit: usize,
    store: &StoreId,
) -> Page {
    let from = after.map_or(Bound::Unbounded, |id| Bound::Excluded(id.as_str()));
    let mut known = ledger.products_from(from).peekable();
    let mut new = answers
        .after(after)
        .filter(|(id, _)| ledger.product(id).is_none())
        .filter_map(|(id, answer)| answer.shown(id, store))
        .peekable();
    let mut items = Vec::new();
    while items.len() < limit {
        let ahead = match (known.peek(), new.peek()) {
            (None, None) => break,
            (Some(view), Some(shown)) => shown.product < *view.id(),
            (known, _) => known.is_none(),
        };
        if ahead {
            items.extend(new.next());
        } else if let Some(view) = known.next() {
            let answer = answers.ahead(view.id(), Some(view), store);
            items.push(answer.unwrap_or_else(|| Shown::of(view, store)));
        }
    }
    let has_more = known.peek().is_some() || new.peek().is_some();
    Page { items, has_more }
}
