//! What the calls of one connection share.

use std::sync::Arc;

use super::ring::{CallerAt, Keyring, Ring, Standing};

/// The service, and who is known, while the keys are the same. The calls of a connection count references to this rather
/// than to what all connections share.
pub(super) struct Shared<S> {
    service: Arc<S>,
    keyring: Keyring,
    ring: Arc<Ring>,
}

impl<S> Shared<S> {
    pub(super) fn new(service: Arc<S>, keyring: Keyring, ring: Arc<Ring>) -> Self {
        Self {
            service,
            keyring,
            ring,
        }
    }

    pub(super) fn service(&self) -> &Arc<S> {
        &self.service
    }

    pub(super) fn ring(&self) -> &Ring {
        &self.ring
    }

    /// Whether a caller is known from now on.
    pub(super) fn standing(&self, caller: CallerAt) -> Standing {
        self.ring.standing(caller, self.keyring.watch())
    }
}
