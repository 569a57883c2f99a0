//! Parameters that calls of several services take.

use inventory_core::vocabulary::{IdempotencyKey, ProductId, StoreId};

use super::call::Call;
use super::error::ApiError;
use super::header::HeaderParam;
use super::query::{Param, parses};
use crate::wire::{Cursor, KeyName, PageKey, Subject, header_decoded, headers, schema};

/// Where a page of a listing starts.
pub const fn cursor<K: PageKey>() -> Param {
    Param::text(
        "cursor",
        "nextCursor of the page before; absent or empty for the first page",
        "^[A-Za-z0-9_-]*$",
        K::FORMAT,
        |text| {
            if text.is_empty() {
                Ok(())
            } else {
                parses::<Cursor<K>>(text)
            }
        },
    )
}

/// How long a page of a listing may be.
pub const LIMIT: Param = Param::integer("limit", "most items of the page", 1, 1_000, Some(50));

/// Where a page of products starts.
pub const PRODUCTS_CURSOR: Param = cursor::<ProductId>();

/// The last item of the page before, unless the first page is asked for.
pub fn page_after<S, K: PageKey>(call: &Call<S>) -> Option<K> {
    let text = call.query.text(&cursor::<K>())?;
    text.parse::<Cursor<K>>().ok().map(|cursor| cursor.0)
}

/// How long a page may be.
pub fn page_limit<S>(call: &Call<S>) -> usize {
    call.query.integer(&LIMIT).expect("it has a default") as usize
}

/// The header in which a mutation may have its key.
pub static KEY_HEADER: HeaderParam = HeaderParam {
    header: headers::IDEMPOTENCY_KEY,
    param: Param::text(
        "Idempotency-Key",
        "names the intent, in place of the body's idempotencyKey; in quotes it is a string of RFC 9651, and the same key",
        "^([!#-~]([ -~]{0,126}[!-~])?|\"([ !#-\\[\\]-~]|\\\\[\"\\\\]){1,128}\")$",
        "",
        |text| header_key(text).map(drop),
    ),
};
/// The header in which a store says which of its tills has asked.
pub static ON_BEHALF_OF: HeaderParam = HeaderParam {
    header: headers::ON_BEHALF_OF,
    param: Param::text(
        "On-Behalf-Of",
        "the name, percent-encoded, of somebody for whom the holder of the key asks, such as a till of a store: idempotency \
         keys are theirs, and who has asked is recorded as the key's name, / and this one",
        "^[!-~]+$",
        schema::ENCODED_NAME_FORMAT,
        |text| KeyName::from_encoded(text).map(drop),
    ),
};
/// The header in which a store says that a change is its own.
pub static ACTING_STORE: HeaderParam = HeaderParam {
    header: headers::ACTING_STORE,
    param: Param::text(
        "Acting-Store",
        "the store, percent-encoded, for which alone the holder of the key acts: nothing changes at another one, wherever the \
         key may write",
        "^[!-~]+$",
        schema::ENCODED_ID_FORMAT,
        |text| encoded_store(text).map(drop),
    ),
};
/// The headers of a mutation.
pub static MUTATION_HEADERS: &[&HeaderParam] = &[&KEY_HEADER, &ON_BEHALF_OF, &ACTING_STORE];
/// Those of a change that has no key in its head.
pub static KEYLESS_HEADERS: &[&HeaderParam] = &[&ON_BEHALF_OF, &ACTING_STORE];
/// Those of one at a store, which passes on who has asked by itself.
pub static STORE_HEADERS: &[&HeaderParam] = &[&KEY_HEADER];

/// The key as the header has it: as it is, or in quotes, as libraries write what the header is going to be.
fn header_key(text: &str) -> Result<IdempotencyKey, String> {
    let parse = |key: &str| IdempotencyKey::new(key).map_err(|error| error.to_string());
    let Some(quoted) = text.strip_prefix('"') else {
        return parse(text);
    };
    let mut key = String::with_capacity(quoted.len());
    let mut rest = quoted.chars();
    loop {
        match rest.next() {
            Some('"') if rest.as_str().is_empty() => return parse(&key),
            Some('\\') => match rest.next() {
                Some(escaped @ ('"' | '\\')) => key.push(escaped),
                Some(_) | None => {
                    return Err(r#"has a \ before what is neither " nor \"#.to_owned());
                }
            },
            Some('"') | None => return Err("must end with its closing quote".to_owned()),
            Some(plain) => key.push(plain),
        }
    }
}

/// The header of an answer that was given before.
pub const REPLAYED: &[(&str, &str)] = &[(
    "Idempotent-Replayed",
    "there, and true, when it is the first answer again",
)];

/// What the path of a call names.
///
/// # Errors
///
/// It is not percent-encoded UTF-8, or no id.
pub fn subject<S, T: Subject>(call: &Call<S>) -> Result<T, ApiError> {
    let name = T::PARAMS.first().map_or("", |param| param.name);
    let text: String = call.path.parse(0, name)?;
    T::parse(&text).map_err(|issue| ApiError::field(name, issue))
}

/// For whom the holder of the key asks.
///
/// # Errors
///
/// It is no name.
pub fn on_behalf_of<S>(call: &Call<S>) -> Result<Option<KeyName>, ApiError> {
    let name = call.header(&ON_BEHALF_OF).map(KeyName::from_encoded);
    name.transpose()
        .map_err(|issue| ApiError::field(ON_BEHALF_OF.param.name, issue))
}

/// For which store alone the holder of the key acts.
///
/// # Errors
///
/// It is no store.
pub fn acting_store<S>(call: &Call<S>) -> Result<Option<StoreId>, ApiError> {
    let store = call.header(&ACTING_STORE).map(encoded_store);
    store
        .transpose()
        .map_err(|issue| ApiError::field(ACTING_STORE.param.name, issue))
}

fn encoded_store(text: &str) -> Result<StoreId, String> {
    StoreId::new(&header_decoded(text)?).map_err(|error| error.to_string())
}

/// The key of a mutation: in the body, in the header, or the same in both.
///
/// # Errors
///
/// It is another one in each.
pub fn key<S>(
    call: &Call<S>,
    in_body: Option<IdempotencyKey>,
) -> Result<Option<IdempotencyKey>, ApiError> {
    let in_head = call.header(&KEY_HEADER).map(header_key).transpose();
    let in_head = in_head.map_err(|issue| ApiError::field(KEY_HEADER.param.name, issue))?;
    match (in_head, in_body) {
        (Some(head), Some(body)) if head != body => Err(ApiError::field(
            KEY_HEADER.param.name,
            "is another key than the body's idempotencyKey",
        )),
        (head, body) => Ok(body.or(head)),
    }
}

/// As [`key`], of a call that needs one.
///
/// # Errors
///
/// As there, or there is none.
pub fn required_key<S>(
    call: &Call<S>,
    in_body: Option<IdempotencyKey>,
) -> Result<IdempotencyKey, ApiError> {
    let missing = || {
        ApiError::field(
            "idempotencyKey",
            "must be in the body, or in the header Idempotency-Key",
        )
    };
    key(call, in_body)?.ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_quotes_is_the_key_without_them() {
        for (header, key) in [
            ("abc", "abc"),
            ("\"abc\"", "abc"),
            ("\" a\\\"b\\\\ \"", " a\"b\\ "),
            ("a\"b\"", "a\"b\""),
        ] {
            let found = header_key(header).unwrap();
            assert_eq!(found.as_str(), key, "{header}");
        }
        for bad in [
            "",
            "\"",
            "\"\"",
            "\"abc",
            "\"a\"b\"",
            "\"a\\b\"",
            "\"abc\\\"",
            "\"abc\";v=1",
        ] {
            assert!(header_key(bad).is_err(), "{bad}");
        }
    }
}
