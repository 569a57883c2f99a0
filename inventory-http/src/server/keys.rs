//! Who may call: API keys, known by their digests only.

use std::fmt;
use std::sync::Arc;

use inventory_core::vocabulary::{Caller as Owner, StoreId};
use sha2::{Digest as _, Sha256};

use crate::wire::{InvalidKeyName, KeyName};

/// Longest key.
const KEY_BYTES_MAX: usize = 256;

/// What a key may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Read everything.
    Reader,
    /// Read everything, write for these stores.
    Store(Arc<[StoreId]>),
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
    pub(super) digest: [u8; 32],
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
    /// A key is 1 to 256 printable ASCII characters, without a comma in a list. One with `=` in it needs a role behind it.
    #[error("a key must be 1 to {KEY_BYTES_MAX} printable ASCII characters")]
    Key,
    /// A digest is 64 hexadecimal digits.
    #[error("a digest must be sha256: and 64 hexadecimal digits")]
    Digest,
    /// The role is none of those known.
    #[error(
        "a role must be reader, admin, or store: and store ids with + between them, after a name and @ if there is one; a key with = in it needs a role behind it"
    )]
    Role,
    /// A name is 1 to 64 characters without `/`.
    #[error("the name of a key {0}")]
    Name(InvalidKeyName),
    /// What it may do is too long for a name, or has a `/`.
    #[error("a key for these stores needs a name, as in key=NAME@store:ID")]
    NeedsName,
    /// The same key twice.
    #[error("a key stands twice")]
    Twice,
    /// Two keys with one name, which is how one is replaced by the other, and two roles.
    #[error("two keys with the name {0} have different roles")]
    Roles(KeyName),
    /// Nobody could call.
    #[error("there must be at least one key")]
    None,
}

impl ApiKey {
    /// Parses `key`, `key=reader`, `key=admin`, or `key=store:store-7+store-8`; in place of the key may stand
    /// `sha256:` and its digest, and before the role a name for the log, as in `key=till-7@store:store-7`. A key without one
    /// is called as its role is written: nothing that is recorded is made of a key, so nobody can try keys against the log.
    ///
    /// A key may have `=` in it, as base64 does, and has a role then: `c2VjcmV0MQ===admin`. What could be read in two ways
    /// is the shorter key, with the narrower role.
    ///
    /// # Errors
    ///
    /// Says which part is wrong.
    pub fn parse(text: &str) -> Result<Self, InvalidApiKey> {
        let (key, name, role) = split(text)?;
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
        let name = match name {
            Some(name) => name,
            None => name_of(&digest, &role)?,
        };
        Ok(Self {
            digest,
            name,
            owner,
            role,
        })
    }

    /// Checks keys that are known together. Two with one name are a key and what replaces it, so they must have one role.
    ///
    /// # Errors
    ///
    /// There is none, one stands twice, or one name has two roles.
    pub fn check_all(keys: &[Self]) -> Result<(), InvalidApiKey> {
        if keys.is_empty() {
            return Err(InvalidApiKey::None);
        }
        for (at, key) in keys.iter().enumerate() {
            for other in &keys[..at] {
                if other.digest == key.digest {
                    return Err(InvalidApiKey::Twice);
                }
                if other.name == key.name && other.role != key.role {
                    return Err(InvalidApiKey::Roles(key.name.clone()));
                }
            }
        }
        Ok(())
    }

    /// Parses a list with commas.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the first key that is.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, InvalidApiKey> {
        text.split(',').map(|key| Self::parse(key.trim())).collect()
    }

    /// Who calls where no key is needed: no digest is all zeros.
    pub(super) fn anybody() -> Self {
        Self {
            digest: [0; 32],
            name: KeyName::new("anybody").expect("a word is a name"),
            owner: None,
            role: Role::Admin,
        }
    }

    /// Whether this is the key that everybody knows.
    pub fn is_demo(&self) -> bool {
        self.digest == digest(b"demo")
    }
}

/// The name of a key that has none: what it may do.
fn name_of(known: &[u8; 32], role: &Role) -> Result<KeyName, InvalidApiKey> {
    let name = match role {
        _ if *known == digest(b"demo") => "demo".to_owned(),
        Role::Admin => "admin".to_owned(),
        Role::Reader => "reader".to_owned(),
        Role::Store(stores) => {
            let stores: Vec<_> = stores.iter().map(StoreId::as_str).collect();
            format!("store:{}", stores.join("+"))
        }
    };
    KeyName::new(&name).map_err(|_| InvalidApiKey::NeedsName)
}

/// A key, and the name and role behind it: behind the first `=` that a role stands behind.
fn split(text: &str) -> Result<(&str, Option<KeyName>, Role), InvalidApiKey> {
    let mut refused = None;
    for (at, equals) in text.match_indices('=') {
        let (key, role) = (&text[..at], &text[at + equals.len()..]);
        match parse_named_role(role) {
            Ok((name, role)) => return Ok((key, name, role)),
            Err(error) => refused = Some(error),
        }
    }
    match refused {
        Some(error) => Err(error),
        None => Ok((text, None, Role::Admin)),
    }
}

/// A role, or a name, `@` and a role. A store's id may have an `@` as well: a role that is one has no name.
fn parse_named_role(text: &str) -> Result<(Option<KeyName>, Role), InvalidApiKey> {
    match (parse_role(text), text.split_once('@')) {
        (Ok(role), _) => Ok((None, role)),
        (Err(error), None) => Err(error),
        // A name with = in it would make a key of base64 a shorter one.
        (Err(error), Some((name, _))) if name.contains('=') => Err(error),
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
            let stores: Result<Vec<_>, _> = stores.split('+').map(StoreId::new).collect();
            let stores = stores.map_err(|_| InvalidApiKey::Role)?;
            Ok(Role::Store(stores.into()))
        }
    }
}

fn is_key(bytes: &[u8]) -> bool {
    (1..=KEY_BYTES_MAX).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
}

pub(super) fn digest(key: &[u8]) -> [u8; 32] {
    Sha256::digest(key).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_name_or_a_digest_with_a_role() {
        let role = |text| ApiKey::parse(text).map(|key| key.role);
        let store = |id| StoreId::new(id).unwrap();
        assert_eq!(role("demo"), Ok(Role::Admin));
        let known = |text| ApiKey::parse(text).map(|key| key.digest);
        for (text, key, expected) in [
            ("c2VjcmV0MQ===admin", "c2VjcmV0MQ==", Role::Admin),
            ("c2VjcmV0MQ===till@reader", "c2VjcmV0MQ==", Role::Reader),
            ("a=b=reader", "a=b", Role::Reader),
            (
                "a=store:b=admin",
                "a",
                Role::Store([store("b=admin")].into()),
            ),
        ] {
            assert_eq!(role(text), Ok(expected), "{text}");
            assert_eq!(known(text), Ok(digest(key.as_bytes())), "{text}");
        }
        assert_eq!(role("a=reader"), Ok(Role::Reader));
        let stores = vec![store("store-7"), store("store-8")];
        assert_eq!(
            role("a=store:store-7+store-8"),
            Ok(Role::Store(stores.into()))
        );
        let hashed = "sha256:2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea";
        assert_eq!(ApiKey::parse(hashed), ApiKey::parse("demo"));
        assert!(ApiKey::parse(hashed).unwrap().is_demo());
        let name = |text| ApiKey::parse(text).map(|key| key.name.to_string());
        for (key, expected) in [
            ("demo", "demo"),
            ("a", "admin"),
            ("a=reader", "reader"),
            ("a=audit@reader", "audit"),
            ("a=till 7@store:store-7@west", "till 7"),
            ("a=store:store-7@west", "store:store-7@west"),
            ("a=store:north+south", "store:north+south"),
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
            "c2VjcmV0MQ==",
            "c2VjcmV0MQ===owner",
            "a=owner",
            "a=store:",
            "a=store:north/1",
            "sha256:12",
            "ä",
        ] {
            assert!(role(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_is_of_one_caller_and_a_key_stands_once() {
        let check = |text| ApiKey::check_all(&ApiKey::parse_list(text).unwrap());
        let name = KeyName::new("till").unwrap();
        for (keys, expected) in [
            ("a=till@store:s,b=till@store:s", Ok(())),
            (
                "a=till@store:s,b=till@admin",
                Err(InvalidApiKey::Roles(name.clone())),
            ),
            (
                "a=till@store:s,b=till@store:r",
                Err(InvalidApiKey::Roles(name)),
            ),
            ("a,b,a=reader", Err(InvalidApiKey::Twice)),
        ] {
            assert_eq!(check(keys), expected, "{keys}");
        }
        assert_eq!(ApiKey::check_all(&[]), Err(InvalidApiKey::None));
    }
}
