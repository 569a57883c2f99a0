//! The parameters of calls about reservations.

use inventory_core::machine::ReservationState;
use inventory_core::vocabulary::{ProductId, ReservationId, Sequence, StoreId};

use crate::server::Param;
use crate::server::params::cursor;

pub(super) const STORE: Param =
    Param::id::<StoreId>("storeId", "only reservations with a line at this store");
pub(super) const PRODUCT: Param = Param::id::<ProductId>(
    "productId",
    "only reservations with a line of this product; with storeId, of it at that store",
);
pub(super) const STATE: Param = Param::choice(
    "state",
    "only reservations in this state",
    ReservationState::NAMES,
);
pub(super) const CURSOR: Param = cursor::<(Sequence, ReservationId)>();
