//! The parameters of calls about transfers.

use inventory_core::machine::TransferState;
use inventory_core::vocabulary::{ProductId, Sequence, StoreId, TransferId};

use crate::server::Param;
use crate::server::params::cursor;

pub(super) const FROM: Param =
    Param::id::<StoreId>("fromStoreId", "only transfers that have left this store");
pub(super) const TO: Param =
    Param::id::<StoreId>("toStoreId", "only transfers that go to this store");
pub(super) const PRODUCT: Param =
    Param::id::<ProductId>("productId", "only transfers with a line of this product");
pub(super) const STATE: Param = Param::choice(
    "state",
    "only transfers in this state",
    TransferState::NAMES,
);
pub(super) const CURSOR: Param = cursor::<(Sequence, TransferId)>();
