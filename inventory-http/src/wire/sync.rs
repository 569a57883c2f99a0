//! A store's stock, set in one request.

use inventory_core::machine::{Command, REQUEST_LINES_MAX, RowOutcome, Skip, SyncLevel, SyncRule};
use inventory_core::vocabulary::{ProductId, Quantity, StoreId, Version};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::mutation::mutation;
use super::object::objects;
use super::schema;

/// Most rows of one call: one request. A larger synchronisation is several.
pub const SYNC_ROWS_MAX: usize = REQUEST_LINES_MAX;

mutation! {
    /// Sets a store's on-hand of many products, in one atomic request. It may do without a key.
    pub struct Sync {
        /// The store.
        pub store_id: StoreId,
        /// When a row counts.
        pub mode: SyncMode,
        /// The rows; a product stands once.
        #[serde(deserialize_with = "objects")]
        #[schemars(length(min = 1, max = 10_000), with = "Vec<SyncRow>")]
        pub products: Vec<SyncRow>,
    }
}

/// When a row of a sync counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncMode {
    /// When the product was never written, or is at the row's version. Each row needs one.
    Merge,
    /// Always: somebody has counted.
    Overwrite,
}

/// What a store has of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SyncRow {
    /// The product.
    pub id: ProductId,
    /// Units at the store, reserved ones included.
    pub qty: Quantity,
    /// The version that the product has; a merge needs it, an overwrite does without.
    #[serde(
        default,
        deserialize_with = "schema::not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Version")]
    pub version: Option<Version>,
}

impl SyncRow {
    /// The command that says the same; `None` when a merge lacks its version.
    pub fn command(&self, store: &StoreId, mode: SyncMode) -> Option<Command> {
        let rule = match mode {
            SyncMode::Merge => SyncRule::Merge(self.version?),
            SyncMode::Overwrite => SyncRule::Overwrite,
        };
        Some(Command::SyncLevel(SyncLevel {
            product: self.id.clone(),
            store: store.clone(),
            on_hand: self.qty,
            rule,
        }))
    }
}

/// What became of a sync.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Synced {
    /// Rows that changed a level.
    pub updated: u64,
    /// Rows that made a level.
    pub created: u64,
    /// Rows that changed nothing.
    pub skipped: u64,
    /// One result per row, in order.
    pub results: Vec<SyncResult>,
}

/// What became of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SyncResult {
    /// The product.
    pub id: ProductId,
    /// What became of the row.
    pub status: SyncStatus,
    /// Why it was skipped; null when it was not.
    pub reason: Option<Skip>,
}

/// What became of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncStatus {
    /// It made a level.
    Created,
    /// It changed a level.
    Updated,
    /// It changed nothing.
    Skipped,
}

impl Synced {
    /// The answer to rows with these outcomes.
    pub fn new<'a>(rows: impl Iterator<Item = (&'a ProductId, RowOutcome)>) -> Self {
        let mut synced = Self {
            updated: 0,
            created: 0,
            skipped: 0,
            results: Vec::with_capacity(rows.size_hint().0),
        };
        for (id, outcome) in rows {
            let (count, status, reason) = match outcome {
                RowOutcome::Created => (&mut synced.created, SyncStatus::Created, None),
                RowOutcome::Updated => (&mut synced.updated, SyncStatus::Updated, None),
                RowOutcome::Skipped(skip) => (&mut synced.skipped, SyncStatus::Skipped, Some(skip)),
            };
            *count += 1;
            let id = id.clone();
            synced.results.push(SyncResult { id, status, reason });
        }
        synced
    }
}
