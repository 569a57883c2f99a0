//! The parameters of calls about transfers.

use inventory_core::vocabulary::{ProductId, Sequence, StoreId, TransferId};

use crate::central::params::ID;
use crate::server::Param;
use crate::server::params::{cursor, parses};
use crate::wire::schema;

pub(super) const FROM: Param = Param::text(
    "fromStoreId",
    "only transfers that have left this store",
    ID,
    schema::ID_FORMAT,
    parses::<StoreId>,
);
pub(super) const TO: Param = Param::text(
    "toStoreId",
    "only transfers that go to this store",
    ID,
    schema::ID_FORMAT,
    parses::<StoreId>,
);
pub(super) const PRODUCT: Param = Param::text(
    "productId",
    "only transfers with a line of this product",
    ID,
    schema::ID_FORMAT,
    parses::<ProductId>,
);
pub(super) const STATE: Param = Param::choice(
    "state",
    "only transfers in this state",
    &["in_transit", "received", "returned", "lost"],
);
pub(super) const CURSOR: Param = cursor::<(Sequence, TransferId)>();
