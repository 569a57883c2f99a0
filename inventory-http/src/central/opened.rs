//! Pages of what requests have opened: reservations and transfers, in the order of the log.

use inventory_core::engine::Reader;
use inventory_core::machine::{Ledger, Reservation, Transfer};
use inventory_core::vocabulary::{ReservationId, Sequence, TransferId};

use crate::wire::OpenedCursor;

/// Lines that are looked at under one hold of the ledger: the writer waits for less than a millisecond.
const LOOK_MAX: usize = 2_000;

/// Lines that are looked at for one page: neither a filter that matches little nor items of many lines must keep a thread.
const SCAN_MAX: usize = 20_000;

/// What can be listed.
pub(super) trait Opened: Sized + 'static {
    fn opened(&self) -> Sequence;
    fn name(&self) -> &str;
    fn line_count(&self) -> usize;
    fn named<'l>(ledger: &'l Ledger, name: &str) -> Option<&'l Self>;
    fn after(ledger: &Ledger, position: Sequence) -> impl Iterator<Item = &Self>;
}

impl Opened for Reservation {
    fn opened(&self) -> Sequence {
        self.opened
    }

    fn name(&self) -> &str {
        self.id.as_str()
    }

    fn line_count(&self) -> usize {
        self.lines.len()
    }

    fn named<'l>(ledger: &'l Ledger, name: &str) -> Option<&'l Self> {
        ledger.reservation(&ReservationId::new(name).ok()?)
    }

    fn after(ledger: &Ledger, position: Sequence) -> impl Iterator<Item = &Self> {
        ledger.reservations_after(position)
    }
}

impl Opened for Transfer {
    fn opened(&self) -> Sequence {
        self.opened
    }

    fn name(&self) -> &str {
        self.id.as_str()
    }

    fn line_count(&self) -> usize {
        self.lines.len()
    }

    fn named<'l>(ledger: &'l Ledger, name: &str) -> Option<&'l Self> {
        ledger.transfer(&TransferId::new(name).ok()?)
    }

    fn after(ledger: &Ledger, position: Sequence) -> impl Iterator<Item = &Self> {
        ledger.transfers_after(position)
    }
}

/// A page that is being filled.
pub(super) struct Page<W, const FORM: u8> {
    items: Vec<W>,
    limit: usize,
    looked_at: usize,
    after: Option<OpenedCursor<FORM>>,
    ended: bool,
}

impl<W, const FORM: u8> Page<W, FORM> {
    /// The items after a cursor that `show` has a form for, and the cursor of the next page; "" at the end.
    pub(super) fn read<T: Opened>(
        reader: &Reader,
        after: Option<OpenedCursor<FORM>>,
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
        let next = next.map(|cursor| cursor.to_string());
        (page.items, next.unwrap_or_default())
    }

    /// Looks at the next items, for as long as the writer can wait.
    fn fill<T: Opened>(&mut self, reader: &Reader, show: impl Fn(&T) -> Option<W>) {
        let after = self.after.take();
        reader.read(|ledger| {
            let mut opened = from::<T, FORM>(ledger, after.as_ref()).peekable();
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
            self.after = last.map(|last| OpenedCursor {
                opened: last.opened(),
                id: last.name().to_owned(),
            });
        });
    }
}

/// The items after a cursor, in the order of the log.
///
/// One request may have opened several. When the one that the cursor names is forgotten by now, those of its request are
/// shown from the first on: rather one of them twice than one never.
fn from<'a, T: Opened, const FORM: u8>(
    ledger: &'a Ledger,
    cursor: Option<&'a OpenedCursor<FORM>>,
) -> impl Iterator<Item = &'a T> {
    let start = cursor.map_or(Sequence::START, |cursor| {
        Sequence::new(cursor.opened.number().saturating_sub(1))
    });
    let is_last = move |known: &T| {
        cursor.is_some_and(|cursor| known.opened() == cursor.opened && known.name() == cursor.id)
    };
    let named = cursor.and_then(|cursor| T::named(ledger, &cursor.id));
    let mut skipping = named.is_some_and(is_last);
    T::after(ledger, start).skip_while(move |known| {
        let skip = skipping;
        skipping &= !is_last(known);
        skip
    })
}
