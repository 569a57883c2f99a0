//! The entries of a page, some of whose events a later version may have written.

use std::collections::BTreeMap;

use inventory_core::machine::{Entry, Ledger};
use inventory_core::vocabulary::{ProductId, Version};
use inventory_http::wire::{InvalidEntry, WireEvent};

/// An entry that continues the log.
#[derive(Debug)]
pub(super) struct Continued {
    pub(super) entry: Entry,
    /// Events of it whose types are not known: what they leave behind stands for them, and the chain cannot be computed.
    pub(super) unknown: u64,
}

/// Reads entries one after the other.
pub(super) struct AfterImages<'a> {
    ledger: &'a Ledger,
    /// The versions of the products that the page has written so far; `None` while nothing has to know, since all types are
    /// known.
    versions: Option<BTreeMap<ProductId, Version>>,
}

impl<'a> AfterImages<'a> {
    /// For the events of a page that are new to a ledger.
    pub(super) fn of(ledger: &'a Ledger, events: &[WireEvent<'_>]) -> Self {
        let all_known = events.iter().all(WireEvent::is_known);
        Self {
            ledger,
            versions: (!all_known).then(BTreeMap::new),
        }
    }

    /// As [`WireEvent::split_entry`].
    pub(super) fn split<'e, 'p>(
        &mut self,
        events: &'e [WireEvent<'p>],
    ) -> Result<Option<(Continued, &'e [WireEvent<'p>])>, InvalidEntry> {
        let mut unknown = 0;
        let ledger = self.ledger;
        let split = match &mut self.versions {
            None => WireEvent::split_entry(events)?,
            Some(versions) => WireEvent::split_entry_with(events, |event| {
                let read = if event.is_known() {
                    event.event()
                } else {
                    unknown += 1;
                    event.after_image(version(ledger, versions, event))
                };
                if let Some((product, after)) = event.product_id.clone().zip(event.new_version) {
                    versions.insert(product, after);
                }
                read
            })?,
        };
        Ok(split.map(|(entry, rest)| (Continued { entry, unknown }, rest)))
    }
}

/// The version of an event's product before it.
fn version(
    ledger: &Ledger,
    versions: &BTreeMap<ProductId, Version>,
    event: &WireEvent<'_>,
) -> Version {
    let Some(product) = &event.product_id else {
        return Version::NEVER_WRITTEN;
    };
    let known = || ledger.product(product).map(|view| view.version());
    let before = versions.get(product).copied().or_else(known);
    before.unwrap_or(Version::NEVER_WRITTEN)
}
