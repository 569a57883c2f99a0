//! What bodies may be, said again and without the service: a naive reading of the published document.

use inventory_core::vocabulary::ProductId;
use serde_json::Value;

/// Largest number that JSON clients keep exactly.
const NUMBER_MAX: u64 = 9_007_199_254_740_991;

/// Longest id and key, in bytes.
const NAME_BYTES_MAX: usize = 128;

/// Longest life of a reservation.
const DAY_SECONDS: u64 = 86_400;

const REASONS: [&str; 9] = [
    "sale",
    "return",
    "receipt",
    "correction",
    "count",
    "damage",
    "loss",
    "transfer",
    "other",
];

type Rule = fn(&Value) -> bool;

/// What every mutation may have.
const MUTATION: [(&str, Rule); 4] = [
    ("idempotencyKey", is_key),
    ("reason", |reason| {
        reason.as_str().is_some_and(|name| REASONS.contains(&name))
    }),
    ("note", |note| is_remark(note, 512)),
    ("reference", |reference| is_remark(reference, 256)),
];

pub(crate) fn is_update(body: &Value) -> bool {
    is_object(
        body,
        &[
            ("storeId", is_id),
            ("productId", is_id),
            ("delta", is_adjustment),
            ("version", is_guard),
        ],
        &MUTATION,
    )
}

pub(crate) fn is_batch(body: &Value) -> bool {
    is_object(body, &[("updates", |rows| is_list(rows, is_row))], &[])
}

/// An update, perhaps with whom it is asked for.
fn is_row(row: &Value) -> bool {
    let mut update = row.clone();
    let name = update
        .as_object_mut()
        .and_then(|fields| fields.remove("onBehalfOf"));
    is_update(&update) && name.is_none_or(|name| is_key_name(&name))
}

fn is_key_name(value: &Value) -> bool {
    is_remark(value, 64) && !value.as_str().is_some_and(|name| name.contains('/'))
}

pub(crate) fn is_sync(body: &Value) -> bool {
    is_object(
        body,
        &[
            ("storeId", is_id),
            ("mode", |mode| mode == "merge" || mode == "overwrite"),
            ("products", |rows| is_list(rows, is_sync_row)),
        ],
        &MUTATION,
    )
}

pub(crate) fn is_resolve(body: &Value) -> bool {
    is_object(body, &[("note", Value::is_string)], &[])
}

pub(crate) fn is_transaction(body: &Value) -> bool {
    is_object(
        body,
        &[("lines", |lines| is_list(lines, is_transaction_line))],
        &MUTATION,
    )
}

pub(crate) fn is_count(body: &Value) -> bool {
    let optional: [(&str, Rule); 3] = [
        ("version", is_guard),
        ("asOfOffset", Value::is_u64),
        ("releaseHolds", Value::is_boolean),
    ];
    is_object(
        body,
        &[
            ("storeId", is_id),
            ("productId", is_id),
            ("counted", is_quantity),
        ],
        &[&optional[..], &MUTATION].concat(),
    )
}

pub(crate) fn is_hold(body: &Value) -> bool {
    is_object(
        body,
        &[
            ("reservationId", is_id),
            ("lines", |lines| is_list(lines, is_level_units)),
            ("ttlSeconds", is_ttl),
        ],
        &MUTATION,
    )
}

pub(crate) fn is_commit(body: &Value) -> bool {
    let lines: (&str, Rule) = ("lines", |lines| is_list(lines, is_level_units));
    is_object(body, &[], &[&[lines], &MUTATION[..]].concat())
}

pub(crate) fn is_release(body: &Value) -> bool {
    is_object(body, &[], &MUTATION)
}

pub(crate) fn is_extend(body: &Value) -> bool {
    is_object(body, &[("ttlSeconds", is_ttl)], &MUTATION)
}

pub(crate) fn is_ship(body: &Value) -> bool {
    is_object(
        body,
        &[
            ("transferId", is_id),
            ("fromStoreId", is_id),
            ("toStoreId", is_id),
            ("lines", |lines| is_list(lines, is_product_units)),
        ],
        &MUTATION,
    )
}

pub(crate) fn is_receive(body: &Value) -> bool {
    let lines: (&str, Rule) = ("lines", |lines| is_list(lines, is_product_units));
    is_object(body, &[], &[&[lines], &MUTATION[..]].concat())
}

pub(crate) fn is_close(body: &Value) -> bool {
    let outcome: (&str, Rule) = ("outcome", |outcome| {
        outcome == "returned" || outcome == "lost"
    });
    is_object(body, &[outcome], &MUTATION)
}

pub(crate) fn is_alert(body: &Value) -> bool {
    is_object(
        body,
        &[("low", is_quantity), ("replenished", is_quantity)],
        &MUTATION,
    )
}

fn is_transaction_line(line: &Value) -> bool {
    is_object(
        line,
        &[
            ("storeId", is_id),
            ("productId", is_id),
            ("delta", is_adjustment),
            ("version", is_guard),
        ],
        &[],
    )
}

fn is_level_units(line: &Value) -> bool {
    is_object(
        line,
        &[
            ("storeId", is_id),
            ("productId", is_id),
            ("quantity", is_units),
        ],
        &[],
    )
}

fn is_product_units(line: &Value) -> bool {
    is_object(line, &[("productId", is_id), ("quantity", is_units)], &[])
}

fn is_sync_row(row: &Value) -> bool {
    is_object(
        row,
        &[("id", is_id), ("qty", is_quantity)],
        &[("version", is_quantity)],
    )
}

fn is_object(value: &Value, required: &[(&str, Rule)], optional: &[(&str, Rule)]) -> bool {
    let Some(object) = value.as_object() else {
        return false;
    };
    let is_known = |name: &str| {
        required
            .iter()
            .chain(optional)
            .any(|(known, _)| *known == name)
    };
    object.keys().all(|name| is_known(name))
        && required
            .iter()
            .all(|(name, rule)| object.get(*name).is_some_and(rule))
        && optional
            .iter()
            .all(|(name, rule)| object.get(*name).is_none_or(rule))
}

fn is_list(value: &Value, rule: Rule) -> bool {
    value.as_array().is_some_and(|rows| rows.iter().all(rule))
}

/// What stands beyond ASCII has the rules of Unicode, which are not said again.
fn is_id(value: &Value) -> bool {
    let rules = |text: &str| match text.is_ascii() {
        true => text.trim() == text && text != "." && text != "..",
        false => ProductId::new(text).is_ok(),
    };
    is_name(value, |c| !c.is_control()) && value.as_str().is_some_and(rules)
}

fn is_key(value: &Value) -> bool {
    is_name(value, |c| (' '..='~').contains(&c))
}

fn is_name(value: &Value, may_have: fn(char) -> bool) -> bool {
    value.as_str().is_some_and(|text| {
        (1..=NAME_BYTES_MAX).contains(&text.len()) && text.chars().all(may_have)
    })
}

/// Bounded in characters, where ids and keys are in bytes.
fn is_remark(value: &Value, characters_max: usize) -> bool {
    value.as_str().is_some_and(|text| {
        (1..=characters_max).contains(&text.chars().count()) && !text.contains(char::is_control)
    })
}

/// Numbers with a fraction or an exponent, and minus zero, are floats to this parser, and so no integers.
fn is_quantity(value: &Value) -> bool {
    value.as_u64().is_some_and(|units| units <= NUMBER_MAX)
}

fn is_units(value: &Value) -> bool {
    is_quantity(value) && value.as_u64() != Some(0)
}

fn is_guard(value: &Value) -> bool {
    value.is_null() || is_quantity(value)
}

fn is_ttl(value: &Value) -> bool {
    let seconds = value.as_u64();
    seconds.is_some_and(|seconds| (1..=DAY_SECONDS).contains(&seconds))
}

fn is_adjustment(value: &Value) -> bool {
    value
        .as_i64()
        .is_some_and(|units| (1..=NUMBER_MAX).contains(&units.unsigned_abs()))
}
