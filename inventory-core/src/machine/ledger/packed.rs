//! Entries packed into bytes, for the window: a remembered key costs tens of bytes instead of hundreds, and no
//! allocation of its own.
//!
//! ```text
//!  key      length, bytes          first, recorded_at    varint
//!  print    8 bytes                outcomes              count, a byte each
//!  chain    8 bytes                events                count, then each:
//!                                    type, product, store, delta, reserved delta, on hand, reserved, version, total, details
//! ```
//!
//! Numbers are LEB128 varints, signed ones in zigzag order; products and stores are positions in the ledger. Which details
//! there are, and of what form, follows from the type. Packed entries never leave the process: they may change with every
//! release.

use std::sync::Arc;

use super::{ProductIx, StoreIx};
use crate::machine::{
    After, DeadLettered, Detail, DetailForm, DetailValue, Entry, Event, Intent, Level, Movement,
    MovementKind, RowOutcome,
};
use crate::vocabulary::{
    Caller, Chain, Delta, Fingerprint, IdempotencyKey, Quantity, Sequence, Timestamp, Version,
};

#[cfg(test)]
mod tests;

/// Fingerprint and chain.
const DIGEST_BYTES: usize = 16;

/// In the place of a type, which is packed as its position among all.
const DEAD_LETTERED: u8 = u8::MAX;

/// Packs one entry: its header first, then each event with the positions of what it names. What it makes of an entry
/// without a key is of no use.
#[derive(Debug, Default)]
pub(in crate::machine) struct Packer {
    bytes: Vec<u8>,
}

/// Room that is kept from entry to entry: one of a thousand lines fits.
const BYTES_KEPT: usize = 64 * 1024;

impl Packer {
    pub(in crate::machine) fn begin<P, S>(&mut self, entry: &Entry<P, S>) {
        self.bytes.clear();
        self.bytes.shrink_to(BYTES_KEPT);
        if let Some(intent) = &entry.intent {
            self.text(intent.key.as_str());
            self.fixed(intent.fingerprint.bits());
        }
        self.fixed(entry.chain.bits());
        self.number(entry.first.number());
        self.number(entry.recorded_at.millis());
        self.number(entry.outcomes.len() as u64);
        for outcome in &entry.outcomes {
            let all = RowOutcome::ALL.iter();
            let place = all.zip(0..).find(|(known, _)| *known == outcome);
            self.bytes.push(place.expect("all outcomes are there").1);
        }
        self.number(entry.events.len() as u64);
    }

    pub(in crate::machine) fn movement<P, S>(
        &mut self,
        movement: &Movement<P, S>,
        product: ProductIx,
        store: StoreIx,
    ) {
        self.bytes.push(movement.kind.place());
        self.number(product.0.into());
        self.number(store.0.into());
        self.signed(movement.delta);
        self.signed(movement.reserved_delta);
        self.number(movement.after.level.on_hand().units());
        self.number(movement.after.level.reserved().units());
        self.number(movement.after.version.number());
        self.number(movement.after.total.units());
        movement.kind.each_detail(|_, value| match value {
            DetailValue::Text(text) => self.text(text),
            DetailValue::Time(time) => self.number(time.millis()),
            DetailValue::Units(units) => self.number(units.units()),
        });
    }

    pub(in crate::machine) fn dead_letter<P>(
        &mut self,
        letter: &DeadLettered<P>,
        product: Option<ProductIx>,
    ) {
        self.bytes.push(DEAD_LETTERED);
        // Zero says that there is none.
        self.number(product.map_or(0, |ix| u64::from(ix.0) + 1));
        self.number(letter.version.map_or(0, |version| version.number() + 1));
        self.text(&letter.raw);
    }

    pub(in crate::machine) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn number(&mut self, number: u64) {
        push_number(&mut self.bytes, number);
    }

    fn signed(&mut self, delta: Delta) {
        let units = delta.units();
        self.number((units << 1 ^ units >> 63) as u64);
    }

    fn fixed(&mut self, bits: u64) {
        self.bytes.extend_from_slice(&bits.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }
}

/// Appends a packed entry with its length before it.
pub(super) fn push_framed(bytes: &mut Vec<u8>, packed: &[u8]) {
    push_number(bytes, packed.len() as u64);
    bytes.extend_from_slice(packed);
}

/// The packed entry that bytes begin with, and what comes after it.
pub(super) fn split_framed(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut frame = Unpacker { rest: bytes };
    let length = frame.number() as usize;
    frame.rest.split_at(length)
}

fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Reads a packed entry.
#[derive(Debug, Clone, Copy)]
pub(in crate::machine) struct Unpacker<'a> {
    pub(in crate::machine) rest: &'a [u8],
}

impl<'a> Unpacker<'a> {
    /// The key, without the rest of the entry.
    pub(in crate::machine) fn key(mut self) -> &'a [u8] {
        let length = self.number() as usize;
        self.take(length)
    }

    /// Position of the entry, and when it was recorded.
    pub(in crate::machine) fn moment(mut self) -> (Sequence, Timestamp) {
        self.skip_text();
        self.take(DIGEST_BYTES);
        (Sequence::new(self.number()), self.time())
    }

    /// Copies the entry with a time that is not later than `latest`.
    pub(in crate::machine) fn copy_until(mut self, latest: Timestamp, into: &mut Vec<u8>) {
        let packed = self.rest;
        self.skip_text();
        self.take(DIGEST_BYTES);
        self.number();
        into.extend_from_slice(&packed[..packed.len() - self.rest.len()]);
        push_number(into, self.time().min(latest).millis());
        into.extend_from_slice(self.rest);
    }

    /// The entry, whose key is a caller's, with what `product` and `store` make of places.
    pub(in crate::machine) fn entry<P, S>(
        &mut self,
        caller: Option<&Caller>,
        product: impl Fn(ProductIx) -> P,
        store: impl Fn(StoreIx) -> S,
    ) -> Entry<P, S> {
        let key = IdempotencyKey::new(self.text()).expect("it was a key when it was packed");
        let fingerprint = Fingerprint::from_bits(self.fixed());
        let chain = Chain::from_bits(self.fixed());
        let first = Sequence::new(self.number());
        let recorded_at = self.time();
        let outcomes = self.number() as usize;
        let outcomes = self.take(outcomes).iter();
        let outcomes = outcomes
            .map(|&place| RowOutcome::ALL[usize::from(place)])
            .collect();
        let events = self.number();
        Entry {
            first,
            recorded_at,
            intent: Some(Intent {
                caller: caller.cloned(),
                key,
                fingerprint,
            }),
            outcomes,
            events: (0..events).map(|_| self.event(&product, &store)).collect(),
            annotations: None,
            chain,
        }
    }

    fn event<P, S>(
        &mut self,
        product_at: impl Fn(ProductIx) -> P,
        store_at: impl Fn(StoreIx) -> S,
    ) -> Event<P, S> {
        let tag = self.take(1)[0];
        let product = self.number();
        if tag == DEAD_LETTERED {
            let version = self.number().checked_sub(1);
            return Event::DeadLettered(DeadLettered {
                product: product
                    .checked_sub(1)
                    .map(|ix| product_at(ProductIx(ix as u32))),
                version: version.map(|number| Version::new(number).expect("it was one")),
                raw: Arc::from(self.text()),
            });
        }
        let mut movement = Movement {
            kind: MovementKind::Counted,
            product: product_at(ProductIx(product as u32)),
            store: store_at(StoreIx(self.number() as u32)),
            delta: self.signed(),
            reserved_delta: self.signed(),
            after: After {
                level: Level::new(self.quantity(), self.quantity())
                    .expect("it was a level when it was packed"),
                version: Version::new(self.number()).expect("it was one"),
                total: self.quantity(),
            },
        };
        let type_name = MovementKind::TYPE_NAMES[usize::from(tag)];
        movement.kind = MovementKind::read(type_name, |detail| Some(self.detail(detail)))
            .expect("it was of that type when it was packed");
        Event::Moved(movement)
    }

    fn detail(&mut self, detail: Detail) -> DetailValue<'a> {
        match detail.form() {
            DetailForm::Id | DetailForm::Name => DetailValue::Text(self.text()),
            DetailForm::Time => DetailValue::Time(self.time()),
            DetailForm::Units => DetailValue::Units(self.quantity()),
        }
    }

    fn take(&mut self, bytes: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        taken
    }

    fn number(&mut self) -> u64 {
        let mut number = 0;
        for shift in (0..).step_by(7) {
            let byte = self.take(1)[0];
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        number
    }

    fn signed(&mut self) -> Delta {
        let zigzag = self.number();
        let units = (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64);
        Delta::new(units).expect("it was one when it was packed")
    }

    fn quantity(&mut self) -> Quantity {
        Quantity::new(self.number()).expect("it was one when it was packed")
    }

    fn time(&mut self) -> Timestamp {
        Timestamp::from_millis(self.number()).expect("it was one when it was packed")
    }

    fn fixed(&mut self) -> u64 {
        let bytes = self.take(8).try_into().expect("eight bytes were taken");
        u64::from_le_bytes(bytes)
    }

    /// Moves past a text without looking at it.
    fn skip_text(&mut self) {
        let length = self.number() as usize;
        self.take(length);
    }

    fn text(&mut self) -> &'a str {
        let length = self.number() as usize;
        std::str::from_utf8(self.take(length)).expect("it was a text when it was packed")
    }
}
