//! The parameters of calls about reservations.

use inventory_core::vocabulary::{ProductId, ReservationId, Sequence, StoreId};

use crate::central::params::ID;
use crate::server::Param;
use crate::server::params::{cursor, parses};
use crate::wire::schema;

pub(super) const STORE: Param = Param::text(
    "storeId",
    "only reservations with a line at this store",
    ID,
    schema::ID_FORMAT,
    parses::<StoreId>,
);
pub(super) const PRODUCT: Param = Param::text(
    "productId",
    "only reservations with a line of this product; with storeId, of it at that store",
    ID,
    schema::ID_FORMAT,
    parses::<ProductId>,
);
pub(super) const STATE: Param = Param::choice(
    "state",
    "only reservations in this state",
    &["open", "committed", "released", "expired"],
);
pub(super) const CURSOR: Param = cursor::<(Sequence, ReservationId)>();
