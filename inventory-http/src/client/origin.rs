//! Where a call comes from.

use hyper::header::{HeaderName, HeaderValue};
use inventory_core::vocabulary::StoreId;

use crate::wire::headers::{ACTING_STORE, ON_BEHALF_OF};
use crate::wire::{KeyName, TraceContext, percent_encoded};

/// Where a call comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The till that has asked; `None` for one whose key has no name.
    pub till: Option<KeyName>,
    /// The store whose till it is: nothing may change at another one. `None` for somebody who may write for all.
    pub store: Option<StoreId>,
    /// The trace that it is part of.
    pub trace: Option<TraceContext>,
}

impl Origin {
    pub(super) fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let header = |name: HeaderName, encoded: String| {
            let value = HeaderValue::try_from(encoded);
            (name, value.expect("what is percent-encoded is ASCII"))
        };
        let till = self.till.as_ref();
        let till = till.map(|till| header(ON_BEHALF_OF, till.encoded()));
        let store = self.store.as_ref();
        let store = store.map(|store| header(ACTING_STORE, percent_encoded(store.as_str())));
        till.into_iter().chain(store)
    }
}
