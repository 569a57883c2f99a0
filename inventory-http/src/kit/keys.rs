//! Who may call: API keys, known by their digests only.

use std::fmt;

use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, HeaderName};
use inventory_core::vocabulary::{Caller as Owner, StoreId};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::caller::Caller;
use super::error::{ApiError, Code};
use super::name::{InvalidKeyName, KeyName};
use super::quota::Quota;

/// Longest key.
const KEY_BYTES_MAX: usize = 256;

/// What a key may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Read everything.
    Reader,
    /// Read everything, write for these stores.
    Store(Vec<StoreId>),
    /// Everything.
    Admin,
}

/// What a call needs of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing, not even a key.
    Open,
    /// Any key.
    Read,
    /// A key that may write, if only for some stores.
    Write,
    /// A key that may do everything.
    Admin,
}

/// A key as it was configured.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    digest: [u8; 32],
    pub(super) name: KeyName,
    /// The name space of its idempotency keys, when somebody has named it.
    pub(super) owner: Option<Owner>,
    pub(super) role: Role,
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey")
            .field("name", &self.name)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// Why a text is not an API key. Never holds the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidApiKey {
    /// A key is 1 to 256 printable ASCII characters without comma and equals sign.
    #[error("a key must be 1 to {KEY_BYTES_MAX} printable ASCII characters")]
    Key,
    /// A digest is 64 hexadecimal digits.
    #[error("a digest must be sha256: and 64 hexadecimal digits")]
    Digest,
    /// The role is none of those known.
    #[error(
        "a role must be reader, admin, or store: and store ids with + between them, after a name and @ if there is one"
    )]
    Role,
    /// A name is 1 to 64 characters without `/`.
    #[error("the name of a key {0}")]
    Name(InvalidKeyName),
    /// The same key twice.
    #[error("a key stands twice")]
    Twice,
    /// Nobody could call.
    #[error("there must be at least one key")]
    None,
}

impl ApiKey {
    /// Parses `key`, `key=reader`, `key=admin`, or `key=store:store-7+store-8`; in place of the key may stand
    /// `sha256:` and its digest, and before the role a name for the log, as in `key=till-7@store:store-7`. A key without one
    /// is named after the first digits of its digest, so that the log tells callers apart and holds no secret.
    ///
    /// # Errors
    ///
    /// Says which part is wrong.
    pub fn parse(text: &str) -> Result<Self, InvalidApiKey> {
        let (key, name, role) = match text.split_once('=') {
            Some((key, role)) => {
                let (name, role) = parse_named_role(role)?;
                (key, name, role)
            }
            None => (text, None, Role::Admin),
        };
        let digest = match key.strip_prefix("sha256:") {
            Some(digits) => data_encoding::HEXLOWER_PERMISSIVE
                .decode(digits.as_bytes())
                .ok()
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or(InvalidApiKey::Digest)?,
            None if is_key(key.as_bytes()) => digest(key.as_bytes()),
            None => return Err(InvalidApiKey::Key),
        };
        let owner = name.as_ref().map(KeyName::as_str).map(Owner::new);
        let owner = owner
            .transpose()
            .expect("the name of a key is one of a caller");
        let name = name.unwrap_or_else(|| name_of(&digest));
        Ok(Self {
            digest,
            name,
            owner,
            role,
        })
    }

    /// Parses a list with commas.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the first key that is.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, InvalidApiKey> {
        text.split(',').map(|key| Self::parse(key.trim())).collect()
    }

    /// Whether this is the key that everybody knows.
    pub fn is_demo(&self) -> bool {
        self.digest == digest(b"demo")
    }
}

/// The name of a key that has none.
fn name_of(known: &[u8; 32]) -> KeyName {
    let name = match *known == digest(b"demo") {
        true => "demo".to_owned(),
        false => format!("key-{}", data_encoding::HEXLOWER.encode(&known[..4])),
    };
    KeyName::new(&name).expect("a few letters and digits are a name")
}

/// A role, or a name, `@` and a role. A store's id may have an `@` as well: a role that is one has no name.
fn parse_named_role(text: &str) -> Result<(Option<KeyName>, Role), InvalidApiKey> {
    match (parse_role(text), text.split_once('@')) {
        (Ok(role), _) => Ok((None, role)),
        (Err(error), None) => Err(error),
        (Err(_), Some((name, role))) => {
            let name = KeyName::new(name).map_err(InvalidApiKey::Name)?;
            Ok((Some(name), parse_role(role)?))
        }
    }
}

fn parse_role(text: &str) -> Result<Role, InvalidApiKey> {
    match text {
        "reader" => Ok(Role::Reader),
        "admin" => Ok(Role::Admin),
        _ => {
            let stores = text.strip_prefix("store:").ok_or(InvalidApiKey::Role)?;
            let stores: Result<_, _> = stores.split('+').map(StoreId::new).collect();
            stores.map(Role::Store).map_err(|_| InvalidApiKey::Role)
        }
    }
}

fn is_key(bytes: &[u8]) -> bool {
    (1..=KEY_BYTES_MAX).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
}

fn digest(key: &[u8]) -> [u8; 32] {
    Sha256::digest(key).into()
}

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// All keys, and how much each may call.
#[derive(Debug)]
pub struct Keyring {
    callers: Vec<Caller>,
    /// Whether a call without any key is the first caller's.
    unlocked: bool,
}

/// Which caller of a ring.
///
/// A position in place of an `Arc`: all processors would count references to the few callers there are.
#[derive(Debug, Clone, Copy)]
pub(super) struct CallerAt(usize);

impl CallerAt {
    pub(super) fn position(self) -> usize {
        self.0
    }

    #[cfg(test)]
    pub(super) fn at(position: usize) -> Self {
        Self(position)
    }
}

impl Keyring {
    /// A ring of these keys.
    ///
    /// # Errors
    ///
    /// There is none, or one stands twice.
    pub fn new(keys: Vec<ApiKey>, quota: Quota) -> Result<Self, InvalidApiKey> {
        if keys.is_empty() {
            return Err(InvalidApiKey::None);
        }
        let mut callers: Vec<Caller> = Vec::with_capacity(keys.len());
        for key in keys {
            if callers.iter().any(|known| known.key.digest == key.digest) {
                return Err(InvalidApiKey::Twice);
            }
            callers.push(Caller::new(key, quota));
        }
        Ok(Self {
            callers,
            unlocked: false,
        })
    }

    /// A ring without keys: everybody may do everything, and shares one quota. For loopback addresses only.
    pub fn unlocked(quota: Quota) -> Self {
        let key = ApiKey {
            digest: [0; 32],
            name: KeyName::new("anybody").expect("a word is a name"),
            owner: None,
            role: Role::Admin,
        };
        Self {
            callers: vec![Caller::new(key, quota)],
            unlocked: true,
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.callers.len()
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_name_or_a_digest_with_a_role() {
        let role = |text| ApiKey::parse(text).map(|key| key.role);
        let store = |id| StoreId::new(id).unwrap();
        assert_eq!(role("demo"), Ok(Role::Admin));
        assert_eq!(role("a=reader"), Ok(Role::Reader));
        let stores = vec![store("store-7"), store("store-8")];
        assert_eq!(role("a=store:store-7+store-8"), Ok(Role::Store(stores)));
        let hashed = "sha256:2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea";
        assert_eq!(ApiKey::parse(hashed), ApiKey::parse("demo"));
        assert!(ApiKey::parse(hashed).unwrap().is_demo());
        let name = |text| ApiKey::parse(text).map(|key| key.name.to_string());
        for (key, expected) in [
            ("demo", "demo"),
            ("a", "key-ca978112"),
            ("a=reader", "key-ca978112"),
            ("a=audit@reader", "audit"),
            ("a=till 7@store:store-7@west", "till 7"),
            ("a=store:store-7@west", "key-ca978112"),
        ] {
            assert_eq!(name(key).as_deref(), Ok(expected), "{key}");
        }
        for bad in [
            "",
            "a=@reader",
            "a=till@owner",
            "a=till/7@admin",
            "=reader",
            "a b",
            "a=",
            "a=owner",
            "a=store:",
            "sha256:12",
            "ä",
        ] {
            assert!(role(bad).is_err(), "{bad}");
        }
    }
}
