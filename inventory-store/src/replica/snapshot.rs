//! A snapshot as it was sent, or saved, becomes an image of a ledger.

use std::collections::{BTreeMap, BTreeSet};

use inventory_core::machine::replica::{
    Image, ImageBuilder, ImageProduct, InvalidImage, KeysForgotten,
};
use inventory_core::machine::{Head, Level};
use inventory_core::vocabulary::{ProductId, Sequence, StoreId};
use inventory_http::wire::{SnapshotLevel, StateSnapshot};

/// A snapshot contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSnapshot {
    /// More is reserved at a store than is there.
    #[error("more of product {product} is reserved at {store} than is there")]
    Level {
        /// The product.
        product: ProductId,
        /// The store.
        store: StoreId,
    },
    /// The products do not make a ledger.
    #[error("the products do not make a ledger")]
    State(#[from] InvalidImage),
}

pub(super) fn image(snapshot: &StateSnapshot) -> Result<Image, InvalidSnapshot> {
    let mut builder = ImageBuilder::new(Head {
        sequence: snapshot.last_offset,
        chain: snapshot.chain,
        recorded_at: snapshot.recorded_at,
    });
    let products = snapshot.state.values();
    let stores: BTreeSet<_> = products.flat_map(|product| product.levels.keys()).collect();
    let mut places = BTreeMap::new();
    for store in stores {
        places.insert(store, builder.store(store.clone())?);
    }
    for (id, product) in &snapshot.state {
        let level = |(store, at): (&StoreId, &SnapshotLevel)| {
            let level = Level::new(at.on_hand, at.reserved);
            let level = level.ok_or_else(|| InvalidSnapshot::Level {
                product: id.clone(),
                store: store.clone(),
            })?;
            // Nothing is decided here, so nobody asks when it was counted, but for whether that was after a loss.
            let counted_at = match at.unproved {
                true => Sequence::START,
                false => snapshot.unknown_before.min(snapshot.last_offset),
            };
            Ok((places[store], level, counted_at))
        };
        let levels: Result<Vec<_>, InvalidSnapshot> = product.levels.iter().map(level).collect();
        builder.product(ImageProduct::new(
            id.clone(),
            product.version,
            product.qty,
            product.updated_at,
            product.quarantined,
            levels?,
        )?)?;
    }
    builder.lose(snapshot.unknown_before)?;
    Ok(builder.finish(KeysForgotten::default()))
}
