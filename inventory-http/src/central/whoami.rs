//! Whose key a call has.

use inventory_core::vocabulary::StoreId;

use super::params::{NODE, OF_STORE, checked};
use super::service::Central;
use crate::server::{Answer, ApiError, Call, Role};
use crate::wire::{NodeId, RoleName, WhoAmI};

/// GET /whoami
pub(super) fn get(call: &Call<Central>) -> Result<Answer, ApiError> {
    let caller = call.caller();
    let (role, stores) = match caller.role() {
        Role::Reader => (RoleName::Reader, Vec::new()),
        Role::Store(stores) => (RoleName::Store, stores.to_vec()),
        Role::Admin => (RoleName::Admin, Vec::new()),
    };
    let store: Option<StoreId> = checked(call, &OF_STORE);
    let node: Option<NodeId> = checked(call, &NODE);
    // Who may not write for a store is not one of its nodes, whatever it calls itself.
    let asked = store
        .zip(node)
        .filter(|(store, _)| caller.may_write_for(store).is_ok());
    let is_doubled = asked.is_some_and(|(store, node)| {
        let service = call.service();
        let now = service.clock().uptime();
        service.nodes().lock().ask(&store, node, now)
    });
    Ok(Answer::json(&WhoAmI {
        name: caller.name().actor().clone(),
        role,
        stores,
        is_doubled,
    }))
}
