//! Who makes a call: what an API key stands for, and how often it may call.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use inventory_core::vocabulary::{Actor, Caller as Owner, StoreId};

use super::budget::Budget;
use super::error::ApiError;
use super::keys::{Access, ApiKey, Role};
use super::quota::{Bucket, Quota, Taken};
use crate::wire::{Code, KeyName};

/// Who wants something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// As it is recorded.
    pub actor: Actor,
    /// Whose the idempotency keys are: the name that stands behind the API key, so that the API key may be replaced, and the
    /// name behind that of somebody for whom its holder asks. Those without a name share one name space.
    pub owner: Option<Owner>,
}

/// Who makes a call.
#[derive(Debug)]
pub struct Caller {
    pub(super) key: ApiKey,
    /// `None` when it may call as often as it likes.
    bucket: Option<Bucket>,
    /// Whether it needs no secret: whoever reaches this service may call as it.
    is_anybody: bool,
    /// Room for what it sends.
    bodies: OnceLock<Budget>,
}

impl Caller {
    pub(super) fn new(key: ApiKey, quota: Quota) -> Self {
        let tokens = match key.role {
            Role::Admin | Role::Reader => quota.tokens,
            Role::Store(_) => quota.store_tokens,
        };
        Self {
            is_anybody: key.is_demo() || key == ApiKey::anybody(),
            bucket: Bucket::full(tokens, quota.period, Instant::now()),
            key,
            bodies: OnceLock::new(),
        }
    }

    /// Room for the bodies that it sends, of so many bytes.
    pub(super) fn bodies(&self, bytes_max: usize) -> &Budget {
        self.bodies.get_or_init(|| Budget::new(bytes_max))
    }

    pub(super) fn is_anybody(&self) -> bool {
        self.is_anybody
    }

    /// What it may do.
    pub fn role(&self) -> &Role {
        &self.key.role
    }

    /// Whether it may call only so often.
    pub(super) fn is_limited(&self) -> bool {
        self.bucket.is_some()
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
    pub fn name(&self) -> &KeyName {
        &self.key.name
    }

    /// The name that somebody has given to its API key.
    pub fn given_name(&self) -> Option<&KeyName> {
        self.key.owner.as_ref().map(|_| &self.key.name)
    }

    /// Who speaks when it asks for somebody, or for itself. Whoever it asks for has a name behind its own, and so nobody
    /// else's keys.
    pub fn speaker(&self, other: Option<&KeyName>) -> Speaker {
        match other {
            Some(other) => {
                let actor = self.key.name.with(other);
                let owner = Owner::new(actor.as_str());
                Speaker {
                    owner: Some(owner.expect("what an actor is called, a caller may be called")),
                    actor,
                }
            }
            None => Speaker {
                owner: self.key.owner.clone(),
                actor: self.key.name.actor().clone(),
            },
        }
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

    /// The stores that it may write for; `None`: all. Of who may only read there is none.
    pub fn scope(&self) -> Option<Arc<[StoreId]>> {
        match &self.key.role {
            Role::Admin => None,
            Role::Store(stores) => Some(Arc::clone(stores)),
            Role::Reader => Some(Arc::default()),
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
