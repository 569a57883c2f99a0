//! Whose key a call has.

use super::service::Central;
use crate::kit::{Answer, ApiError, Call, Role};
use crate::wire::{RoleName, WhoAmI};

/// GET /whoami
pub(super) fn get(call: &Call<Central>) -> Result<Answer, ApiError> {
    let caller = call.caller();
    let (role, stores) = match caller.role() {
        Role::Reader => (RoleName::Reader, Vec::new()),
        Role::Store(stores) => (RoleName::Store, stores.clone()),
        Role::Admin => (RoleName::Admin, Vec::new()),
    };
    Ok(Answer::json(&WhoAmI {
        name: caller.name().actor().clone(),
        role,
        stores,
    }))
}
