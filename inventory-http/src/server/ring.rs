//! Who is known by which key: compared with what a request says, and replaced while the service runs.

use std::error::Error;
use std::sync::Arc;

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use subtle::ConstantTimeEq as _;
use tokio::sync::watch;

use super::caller::Caller;
use super::error::ApiError;
use super::keys::{ApiKey, InvalidApiKey, digest};
use super::quota::Quota;
use super::settings::KeyFile;
use super::unnamed;
use crate::telemetry::Telemetry;
use crate::wire::Code;
use crate::wire::headers::X_API_KEY;

/// The keys of a service, and how much each may call. Clones are the same: who replaces the keys of one replaces all.
#[derive(Debug, Clone)]
pub struct Keyring {
    quota: Quota,
    current: watch::Sender<Arc<Ring>>,
}

/// Keys that were replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replaced {
    /// Keys that are known now, and were not.
    pub added: usize,
    /// Keys that were known, and are not any more, or have another role or name.
    pub removed: usize,
}

/// Who is known at one time.
#[derive(Debug)]
pub(super) struct Ring {
    callers: Vec<Arc<Caller>>,
    /// Whether a call without any key is the first caller's.
    unlocked: bool,
}

/// Which caller of a ring.
///
/// A position in place of an `Arc`: all processors would count references to the few callers there are.
#[derive(Debug, Clone, Copy)]
pub(super) struct CallerAt(usize);

/// Whether a caller is still known.
#[derive(Debug)]
pub struct Standing {
    caller: Arc<Caller>,
    current: watch::Receiver<Arc<Ring>>,
}

impl Keyring {
    /// A ring of these keys. Of those without a name the log says what that costs.
    ///
    /// # Errors
    ///
    /// There is none, or they contradict each other; see [`ApiKey::check_all`].
    pub fn new(keys: Vec<ApiKey>, quota: Quota) -> Result<Self, InvalidApiKey> {
        ApiKey::check_all(&keys)?;
        unnamed::warn(&keys);
        let caller = |key| Arc::new(Caller::new(key, quota));
        Ok(Self::of(
            keys.into_iter().map(caller).collect(),
            false,
            quota,
        ))
    }

    /// A ring without keys: everybody may do everything, and shares one quota. For loopback addresses only.
    pub fn unlocked(quota: Quota) -> Self {
        let anybody = Caller::new(ApiKey::anybody(), quota);
        Self::of(vec![Arc::new(anybody)], true, quota)
    }

    fn of(callers: Vec<Arc<Caller>>, unlocked: bool, quota: Quota) -> Self {
        let ring = Ring { callers, unlocked };
        Self {
            quota,
            current: watch::Sender::new(Arc::new(ring)),
        }
    }

    /// Replaces all keys: from the next request on, these are known and no others. A key that was known as it is keeps what
    /// is left of its quota. Of those without a name the log says what that costs, as at the start.
    ///
    /// # Errors
    ///
    /// As [`Keyring::new`]; the keys are as they were.
    pub fn replace(&self, keys: Vec<ApiKey>) -> Result<Replaced, InvalidApiKey> {
        ApiKey::check_all(&keys)?;
        unnamed::warn(&keys);
        let before = Arc::clone(&self.current.borrow());
        let mut kept = 0;
        let callers: Vec<_> = keys
            .into_iter()
            .map(
                |key| match before.callers.iter().find(|known| known.key == key) {
                    Some(known) => {
                        kept += 1;
                        Arc::clone(known)
                    }
                    None => Arc::new(Caller::new(key, self.quota)),
                },
            )
            .collect();
        let replaced = Replaced {
            added: callers.len() - kept,
            removed: before.callers.len() - kept,
        };
        let unlocked = false;
        self.current
            .send_replace(Arc::new(Ring { callers, unlocked }));
        Ok(replaced)
    }

    /// Replaces all keys by those that are in a file now, and says in the log what has come of it. When the file cannot be
    /// used, or there is none, the keys are as they were.
    pub fn reread(&self, file: Option<&KeyFile>) {
        let Some(file) = file else {
            tracing::warn!(
                "there is no file of keys to read again: keys in a variable stay as they are"
            );
            return;
        };
        let refused: Box<dyn Error> = match file.read() {
            Ok(keys) => match self.replace(keys) {
                Ok(Replaced { added, removed }) => {
                    tracing::info!(added, removed, "the keys were read again");
                    return;
                }
                Err(error) => error.into(),
            },
            Err(error) => error.into(),
        };
        tracing::error!(error = %refused, "the keys could not be read again: they stay as they were");
    }

    /// Who is known, now and later.
    pub(super) fn watch(&self) -> watch::Receiver<Arc<Ring>> {
        self.current.subscribe()
    }
}

impl Ring {
    /// Lets everybody see what no caller with a quota was refused yet.
    pub(super) fn begin_limiting(&self, telemetry: &Telemetry) {
        for caller in self.callers.iter().filter(|caller| caller.is_limited()) {
            let name = caller.name().as_str();
            telemetry.instruments().begin_limiting(name);
        }
    }

    /// Who a request's head says is calling.
    ///
    /// # Errors
    ///
    /// It names no key, several, or one that is not known.
    pub(super) fn identify(&self, headers: &HeaderMap) -> Result<CallerAt, ApiError> {
        if self.unlocked {
            return Ok(CallerAt(0));
        }
        let refuse = |message| Err(ApiError::new(Code::Unauthorized, message));
        let mut keys = headers
            .get_all(X_API_KEY)
            .iter()
            .map(|value| value.as_bytes())
            .chain(headers.get_all(AUTHORIZATION).iter().map(|value| {
                let bearer = value.as_bytes().split_at_checked(7);
                match bearer {
                    Some((scheme, key)) if scheme.eq_ignore_ascii_case(b"bearer ") => key,
                    _ => b"",
                }
            }));
        let Some(key) = keys.next() else {
            return refuse("send an API key as X-API-Key or Authorization: Bearer");
        };
        if keys.next().is_some() {
            return refuse("send one API key, once");
        }
        let digest = digest(key);
        // Every known key is compared, each in constant time, so that timing says nothing about any.
        let mut found = None;
        for (at, caller) in self.callers.iter().enumerate() {
            if bool::from(caller.key.digest.ct_eq(&digest)) {
                found = Some(CallerAt(at));
            }
        }
        match found {
            Some(caller) => Ok(caller),
            None => refuse("this API key is not known"),
        }
    }

    /// The caller at a position.
    pub(super) fn caller(&self, CallerAt(at): CallerAt) -> &Caller {
        &self.callers[at]
    }

    /// Whether the caller at a position is known from now on.
    pub(super) fn standing(
        &self,
        CallerAt(at): CallerAt,
        current: watch::Receiver<Arc<Self>>,
    ) -> Standing {
        Standing {
            caller: Arc::clone(&self.callers[at]),
            current,
        }
    }
}

impl Standing {
    /// Waits until the caller is not known any more.
    pub async fn lost(&mut self) {
        let caller = &self.caller;
        let is_known = |ring: &Ring| ring.callers.iter().any(|known| Arc::ptr_eq(known, caller));
        // An error says that the service has gone, and its callers with it.
        let _ = self.current.wait_for(|ring| !is_known(ring)).await;
    }
}
