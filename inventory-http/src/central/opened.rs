//! Pages of what requests have opened: reservations and transfers, in the order of the log.

use inventory_core::engine::Reader;
use inventory_core::machine::{Ledger, Reservation, Transfer};
use inventory_core::vocabulary::{ReservationId, Sequence, TransferId};

use crate::wire::{Cursor, PageKey};

/// Lines that are looked at under one hold of the ledger: the writer waits for less than a millisecond.
const LOOK_MAX: usize = 2_000;

/// Lines that are looked at for one page: neither a filter that matches little nor items of many lines must keep a thread.
const SCAN_MAX: usize = 20_000;

/// What can be listed.
pub(super) trait Opened: Sized + 'static {
    type Id: Clone + PartialEq;
    fn opened(&self) -> Sequence;
    fn id(&self) -> &Self::Id;
    fn line_count(&self) -> usize;
    fn named<'l>(ledger: &'l Ledger, id: &Self::Id) -> Option<&'l Self>;
    fn after(ledger: &Ledger, position: Sequence) -> impl Iterator<Item = &Self>;
}

macro_rules! opened {
    ($item:ident, $id:ident, $named:ident, $after:ident) => {
        impl Opened for $item {
            type Id = $id;

            fn opened(&self) -> Sequence {
                self.opened
            }

            fn id(&self) -> &$id {
                &self.id
            }

            fn line_count(&self) -> usize {
                self.lines.len()
            }

            fn named<'l>(ledger: &'l Ledger, id: &$id) -> Option<&'l Self> {
                ledger.$named(id)
            }

            fn after(ledger: &Ledger, position: Sequence) -> impl Iterator<Item = &Self> {
                ledger.$after(position)
            }
        }
    };
}

opened!(Reservation, ReservationId, reservation, reservations_after);
opened!(Transfer, TransferId, transfer, transfers_after);

/// The place of an item among all that were opened: a request may open several.
type Place<T> = (Sequence, <T as Opened>::Id);

/// A page that is being filled.
pub(super) struct Page<T: Opened, W> {
    items: Vec<W>,
    limit: usize,
    looked_at: usize,
    after: Option<Place<T>>,
    ended: bool,
}

impl<T: Opened, W> Page<T, W>
where
    Place<T>: PageKey,
{
    /// The items after a place that `show` has a form for, and the cursor of the next page; "" at the end.
    pub(super) fn read(
        reader: &Reader,
        after: Option<Place<T>>,
        limit: usize,
        show: impl Fn(&T) -> Option<W>,
    ) -> (Vec<W>, String) {
        let mut page = Self {
            items: Vec::new(),
            limit,
            looked_at: 0,
            after,
            ended: false,
        };
        while !page.ended && page.items.len() < page.limit && page.looked_at < SCAN_MAX {
            page.fill(reader, &show);
        }
        let next = page.after.filter(|_| !page.ended);
        (page.items, Cursor::next(next))
    }

    /// Looks at the next items, for as long as the writer can wait.
    fn fill(&mut self, reader: &Reader, show: impl Fn(&T) -> Option<W>) {
        let after = self.after.take();
        reader.read(|ledger| {
            let mut opened = from::<T>(ledger, after.as_ref()).peekable();
            let (mut looked_at, mut last) = (0, None);
            while looked_at < LOOK_MAX && self.items.len() < self.limit {
                let Some(item) = opened.next() else {
                    break;
                };
                looked_at += item.line_count().max(1);
                last = Some(item);
                self.items.extend(show(item));
            }
            self.looked_at += looked_at;
            self.ended = opened.peek().is_none();
            self.after = last.map(|last| (last.opened(), last.id().clone()));
        });
    }
}

/// The items after a place, in the order of the log.
///
/// When the item of that place is forgotten by now, those of its request are shown from the first on: rather one of them
/// twice than one never.
fn from<'a, T: Opened>(
    ledger: &'a Ledger,
    place: Option<&'a Place<T>>,
) -> impl Iterator<Item = &'a T> {
    let start = place.map_or(Sequence::START, |(opened, _)| {
        Sequence::new(opened.number().saturating_sub(1))
    });
    let is_last = move |known: &T| {
        place.is_some_and(|(opened, id)| known.opened() == *opened && known.id() == id)
    };
    let named = place.and_then(|(_, id)| T::named(ledger, id));
    let mut skipping = named.is_some_and(is_last);
    T::after(ledger, start).skip_while(move |known| {
        let skip = skipping;
        skipping &= !is_last(known);
        skip
    })
}
