//! Whose key a call has.

use inventory_core::vocabulary::{Actor, StoreId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema;

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleName {
    /// Read everything.
    Reader,
    /// Read everything, and write for some stores.
    Store,
    /// Everything.
    Admin,
}

/// Who makes a call, as the service knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WhoAmI {
    /// The name of the key, as the log has it.
    #[schemars(schema_with = "schema::actor")]
    pub name: Actor,
    /// What it may do.
    pub role: RoleName,
    /// The stores that it may write for; empty unless it is bound to some.
    #[schemars(with = "Vec<String>")]
    pub stores: Vec<StoreId>,
}
