//! Whose key a call has.

use std::fmt;
use std::str::FromStr;

use inventory_core::vocabulary::{Actor, StoreId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a node calls itself: drawn when it is started, so that two that run at the same time differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeId(u128);

/// A text is no name of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 32 lower-case hexadecimal digits")]
pub struct InvalidNodeId;

impl NodeId {
    /// The id with these bits.
    pub fn from_bits(bits: u128) -> Self {
        Self(bits)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for NodeId {
    type Err = InvalidNodeId;

    fn from_str(text: &str) -> Result<Self, InvalidNodeId> {
        let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 32 || !text.bytes().all(digit) {
            return Err(InvalidNodeId);
        }
        u128::from_str_radix(text, 16)
            .map(Self)
            .map_err(|_| InvalidNodeId)
    }
}

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
#[serde(rename_all = "camelCase")]
pub struct WhoAmI {
    /// The name of the key, as the log has it.
    pub name: Actor,
    /// What it may do.
    pub role: RoleName,
    /// The stores that it may write for; empty unless it is bound to some.
    #[schemars(with = "Vec<String>")]
    pub stores: Vec<StoreId>,
    /// There, and true, while another node asks in the name of the same store.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_doubled: bool,
}
