//! Alerts: who wants to be told when a level runs low.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use inventory_core::machine;
use inventory_core::vocabulary::{ProductId, Quantity, StoreId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::InvalidCursor;
use super::mutation::mutation;
use super::schema;

mutation! {
    /// When a level is low, and when it is so no longer. It may do without a key: the same again changes nothing.
    pub struct SetAlert {
        /// This much available, or less, is low.
        #[schemars(schema_with = "schema::quantity")]
        pub low: Quantity,
        /// This much available, or more, is no longer low; more than `low`.
        #[schemars(schema_with = "schema::quantity")]
        pub replenished: Quantity,
    }
}

/// What somebody wants to be told about a level, and what they were told last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    /// The store.
    #[schemars(schema_with = "schema::id")]
    pub store_id: StoreId,
    /// The product.
    #[schemars(schema_with = "schema::id")]
    pub product_id: ProductId,
    /// This much available, or less, is low.
    #[schemars(schema_with = "schema::quantity")]
    pub low: Quantity,
    /// This much available, or more, is no longer low.
    #[schemars(schema_with = "schema::quantity")]
    pub replenished: Quantity,
    /// Whether the last that was told is that it is low.
    pub is_low: bool,
}

impl Alert {
    /// An alert of a level.
    pub fn of(product: &ProductId, store: &StoreId, alert: machine::Alert) -> Self {
        Self {
            store_id: store.clone(),
            product_id: product.clone(),
            low: alert.thresholds.low(),
            replenished: alert.thresholds.replenished(),
            is_low: alert.is_low,
        }
    }
}

/// A page of alerts, in the order of products and stores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlertList {
    /// The alerts; perhaps fewer than were asked for though more follow.
    pub items: Vec<Alert>,
    /// Where the next page starts; empty at the end.
    pub next_cursor: String,
}

/// First byte of a cursor: no listing takes the cursor of another one.
const FORM: u8 = 5;

/// The last alert of a page. Opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertCursor {
    /// Its product.
    pub product: ProductId,
    /// Its store.
    pub store: StoreId,
}

impl fmt::Display for AlertCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (product, store) = (self.product.as_str(), self.store.as_str());
        // No id has a zero byte.
        let bytes = [&[FORM], product.as_bytes(), &[0], store.as_bytes()].concat();
        f.write_str(&BASE64URL_NOPAD.encode(&bytes))
    }
}

impl FromStr for AlertCursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes());
        let bytes = bytes.map_err(|_| InvalidCursor)?;
        let Some((&FORM, level)) = bytes.split_first() else {
            return Err(InvalidCursor);
        };
        let level = std::str::from_utf8(level).map_err(|_| InvalidCursor)?;
        let (product, store) = level.split_once('\0').ok_or(InvalidCursor)?;
        Ok(Self {
            product: ProductId::new(product).map_err(|_| InvalidCursor)?,
            store: StoreId::new(store).map_err(|_| InvalidCursor)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is() {
        let cursor = AlertCursor {
            product: ProductId::new("tea/ä?").unwrap(),
            store: StoreId::new("north").unwrap(),
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in ["", "BQ", "BXRlYQ", "BXRlYQA", "AXRlYQ", "!!"] {
            assert_eq!(bad.parse::<AlertCursor>(), Err(InvalidCursor), "{bad}");
        }
    }
}
