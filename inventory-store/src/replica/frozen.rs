//! A replica at one moment.

use inventory_core::machine::ProductView;
use inventory_core::machine::replica::Image;
use inventory_core::vocabulary::Epoch;
use inventory_http::wire::{Position, SnapshotProduct, StateSnapshot};
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

/// A replica at one moment. Serialised it has the form of [`StateSnapshot`], and
/// [`Replica::from_snapshot`](super::Replica::from_snapshot) reads it back.
///
/// It shares its memory with the replica, which copies what it changes meanwhile, and is never whole in memory as text.
#[derive(Debug, Clone)]
pub struct Frozen {
    image: Image,
    epoch: Epoch,
}

impl Frozen {
    pub(super) fn new(image: Image, epoch: Epoch) -> Self {
        Self { image, epoch }
    }

    /// Where the replica stood.
    pub fn position(&self) -> Position {
        Position::of(self.image.head(), self.epoch)
    }

    /// The same as a value.
    pub fn to_snapshot(&self) -> StateSnapshot {
        let head = self.image.head();
        let unknown_before = self.image.unknown_before();
        let products = self.image.products().filter(ProductView::is_heard_of);
        StateSnapshot {
            state: products
                .map(|view| (view.id().clone(), SnapshotProduct::of(view, unknown_before)))
                .collect(),
            last_offset: head.sequence,
            epoch: self.epoch,
            chain: head.chain,
            recorded_at: head.recorded_at,
            unknown_before,
            keys_remembered_since: None,
        }
    }
}

impl Serialize for Frozen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let head = self.image.head();
        let mut out = serializer.serialize_struct("StateSnapshot", 6)?;
        out.serialize_field("state", &State(&self.image))?;
        out.serialize_field("lastOffset", &head.sequence)?;
        out.serialize_field("epoch", &self.epoch)?;
        out.serialize_field("chain", &head.chain)?;
        out.serialize_field("recordedAt", &head.recorded_at)?;
        out.serialize_field("unknownBefore", &self.image.unknown_before())?;
        out.end()
    }
}

struct State<'a>(&'a Image);

impl Serialize for State<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let unknown_before = self.0.unknown_before();
        let products = self.0.products().filter(ProductView::is_heard_of);
        let of = |view| SnapshotProduct::of(view, unknown_before);
        serializer.collect_map(products.map(|view| (view.id(), of(view))))
    }
}
