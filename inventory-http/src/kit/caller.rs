//! Who makes a call: what an API key stands for, and how often it may call.

use std::time::Instant;

use inventory_core::vocabulary::{Actor, Caller as Owner, StoreId};

use super::error::{ApiError, Code};
use super::keys::{Access, ApiKey, Role};
use super::quota::{Bucket, Quota, Taken};

/// Who makes a call.
#[derive(Debug)]
pub struct Caller {
    pub(super) key: ApiKey,
    /// `None` when it may call as often as it likes.
    bucket: Option<Bucket>,
}

impl Caller {
    pub(super) fn new(key: ApiKey, quota: Quota) -> Self {
        let tokens = match key.role {
            Role::Admin | Role::Reader => quota.tokens,
            Role::Store(_) => quota.store_tokens,
        };
        Self {
            bucket: Bucket::full(tokens, quota.period, Instant::now()),
            key,
        }
    }

    /// What it may do.
    pub fn role(&self) -> &Role {
        &self.key.role
    }

    /// Takes a token; `None` when there is no limit.
    pub(super) fn charge(&self, now: Instant) -> Option<Taken> {
        self.bucket.as_ref().map(|bucket| bucket.take(now))
    }

    /// Gives a token back.
    pub(super) fn give_back(&self, taken: &mut Taken) {
        if let Some(bucket) = &self.bucket {
            bucket.give_back(taken);
        }
    }

    /// What the log calls it.
    pub fn name(&self) -> &Actor {
        &self.key.name
    }

    /// Whose its idempotency keys are: the name that stands behind its API key, so that the API key may be replaced. Those
    /// without a name share one name space.
    pub fn owner(&self) -> Option<&Owner> {
        self.key.owner.as_ref()
    }

    pub(super) fn check(&self, access: Access) -> Result<(), ApiError> {
        let allowed = match (access, &self.key.role) {
            (Access::Open | Access::Read, _) | (_, Role::Admin) => true,
            (Access::Write, Role::Store(_)) => true,
            (Access::Write, Role::Reader) | (Access::Admin, Role::Reader | Role::Store(_)) => false,
        };
        match allowed {
            true => Ok(()),
            false => Err(ApiError::new(
                Code::Forbidden,
                "this key may not make this call; nothing was done",
            )),
        }
    }

    /// Whether the caller may write for a store.
    ///
    /// # Errors
    ///
    /// The key is bound to other stores.
    pub fn may_write_for(&self, store: &StoreId) -> Result<(), ApiError> {
        let allowed = match &self.key.role {
            Role::Admin => true,
            Role::Store(stores) => stores.contains(store),
            Role::Reader => false,
        };
        match allowed {
            true => Ok(()),
            false => Err(ApiError::new(
                Code::Forbidden,
                "this key may not write for this store; nothing was done",
            )
            .with_detail("storeId", format!("{store} is not a store of this key"))),
        }
    }
}
