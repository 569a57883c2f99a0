//! Asks central who this store is to it, and what it promises: whenever it is there again, and now and then.

use std::sync::Arc;
use std::time::Duration;

use inventory_core::vocabulary::{StoreId, Timestamp};
use inventory_http::Causes;
use inventory_http::wire::{NodeId, Readiness, RoleName, WhoAmI};
use tokio::time::{Instant, sleep_until};

use super::concerns::About;
use super::service::Store;
use crate::outbox::Heard;

/// How often central is asked while it is there.
const EVERY: Duration = Duration::from_secs(30);

/// Asks until the store is stopped.
pub(super) async fn introduce(store: Arc<Store>) -> Result<(), String> {
    let node = new_node()?;
    tokio::select! {
        () = rounds(&store, node) => {}
        () = store.stopping.begun() => {}
    }
    Ok(())
}

async fn rounds(store: &Store, node: NodeId) {
    let mut met = store.met.subscribe();
    loop {
        met.mark_unchanged();
        if store.is_connected() {
            store.introduce(node).await;
        }
        let next = sleep_until(Instant::now() + EVERY);
        tokio::select! {
            Ok(()) = met.changed() => {}
            () = next => {}
        }
    }
}

fn new_node() -> Result<NodeId, String> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(|error| format!("the system has no randomness: {error}"))?;
    Ok(NodeId::from_bits(u128::from_le_bytes(bits)))
}

impl Store {
    async fn introduce(&self, node: NodeId) {
        match self.central.whoami(&self.id, node).await {
            Ok(who) => {
                self.concern(About::Key, wrong_key(&self.id, &who));
                self.concern(About::Node, who.is_doubled.then(|| doubled(&self.id)));
            }
            Err(error) => {
                self.doubt(&error);
                tracing::debug!(error = %Causes(&error), "central does not say who this store is");
            }
        }
        match self.central.readiness().await {
            Ok(readiness) => {
                self.hears(&readiness);
            }
            Err(error) => {
                self.doubt(&error);
                tracing::debug!(error = %Causes(&error), "central does not say how it is");
            }
        }
    }

    /// Takes what central says of time. Returns whether the outbox has heard it.
    pub(super) fn hears(&self, readiness: &Readiness) -> bool {
        let now = self.now();
        let heard = Heard {
            now: self.central_time(),
            keys_remembered_since: readiness.keys_remembered_since,
        };
        // A copy that is behind says nothing of how late it is at central.
        let is_current = self.ask_syncer(|syncer, now| !syncer.is_stale(now));
        if is_current {
            let age_max = self.outbox.outbox().limits().age_max;
            self.concern(About::Memory, forgets(heard, age_max));
        }
        *self.heard_at.lock() = Some(now);
        self.outbox.hear(heard).is_ok()
    }
}

/// What is wrong with a key, for this store.
fn wrong_key(store: &StoreId, who: &WhoAmI) -> Option<String> {
    let name = &who.name;
    match who.role {
        RoleName::Admin => None,
        RoleName::Store if who.stores.contains(store) => None,
        RoleName::Store => {
            let stores: Vec<_> = who.stores.iter().map(StoreId::as_str).collect();
            let stores = stores.join(", ");
            Some(format!(
                "CENTRAL_API_KEY is the key {name}, which may write for {stores} and not for {store}: nothing of what is \
                 sold here reaches central"
            ))
        }
        RoleName::Reader => Some(format!(
            "CENTRAL_API_KEY is the key {name}, which may only read: nothing of what is sold here reaches central"
        )),
    }
}

fn doubled(store: &StoreId) -> String {
    format!(
        "another node runs with STORE_ID={store}: each shows only what it has queued itself, and both sell it"
    )
}

/// What is wrong with a central that forgets keys before an intent that was sent is given up.
fn forgets(heard: Heard, age_max: Duration) -> Option<String> {
    let (now, since) = (heard.now?, heard.keys_remembered_since?);
    let kept = Duration::from_millis(now.millis_since(since));
    let is_short = since > Timestamp::UNIX_EPOCH && kept < age_max;
    is_short.then(|| {
        let (kept, age_max) = (kept.as_secs(), age_max.as_secs());
        format!(
            "central remembers idempotency keys since {since} only, {kept} seconds, and OUTBOX_MAX_AGE is {age_max}: what was \
             sent without an answer before is parked, since it might be applied twice"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_for_this_store_or_it_is_said_whose_it_is() {
        let north = StoreId::new("north").unwrap();
        let who = |role, stores: &[&str]| WhoAmI {
            name: "till".parse().unwrap(),
            role,
            stores: stores.iter().map(|store| store.parse().unwrap()).collect(),
            is_doubled: false,
        };
        assert_eq!(wrong_key(&north, &who(RoleName::Admin, &[])), None);
        assert_eq!(
            wrong_key(&north, &who(RoleName::Store, &["south", "north"])),
            None
        );
        let other = wrong_key(&north, &who(RoleName::Store, &["south", "west"])).unwrap();
        assert!(
            other.contains("till, which may write for south, west and not for north"),
            "{other}"
        );
        let reader = wrong_key(&north, &who(RoleName::Reader, &[])).unwrap();
        assert!(reader.contains("may only read"), "{reader}");
    }

    #[test]
    fn a_central_that_forgets_too_early_is_known_by_what_it_remembers() {
        let day = Duration::from_secs(24 * 60 * 60);
        let at = |days: u64| Timestamp::UNIX_EPOCH.plus_millis(days * day.as_millis() as u64);
        let heard = |now, since| Heard {
            now,
            keys_remembered_since: since,
        };
        let told = |now, since| forgets(heard(now, since), 3 * day).is_some();
        assert!(told(Some(at(20)), Some(at(18))));
        assert!(!told(Some(at(20)), Some(at(17))));
        assert!(
            !told(Some(at(20)), Some(Timestamp::UNIX_EPOCH)),
            "it has forgotten nothing"
        );
        assert!(!told(None, Some(at(18))) && !told(Some(at(20)), None));
    }
}
