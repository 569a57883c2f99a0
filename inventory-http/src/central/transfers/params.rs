//! The parameters of calls about transfers.

use inventory_core::vocabulary::{ProductId, Sequence, StoreId, TransferId};

use crate::central::params::ID;
use crate::central::service::Central;
use crate::kit::params::{cursor, parses};
use crate::kit::{ApiError, Call, Param, PathParam};
use crate::wire::schema;

pub(super) const TRANSFER_PATH: &[PathParam] = &[PathParam {
    name: "transferId",
    about: "the transfer, percent-encoded as one segment",
    schema: schema::id,
    example: "van-1",
}];

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

/// The transfer in the path.
pub(super) fn transfer(call: &Call<Central>) -> Result<TransferId, ApiError> {
    call.path.parse(0, TRANSFER_PATH[0].name, |text| {
        TransferId::new(text).map_err(|error| error.to_string())
    })
}
