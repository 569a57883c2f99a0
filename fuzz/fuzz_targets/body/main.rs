#![no_main]
//! Bodies of requests: what is as published is accepted, and kept as it was sent; all else is refused in words.
//!
//! An input is a digit, which says what the body is taken for, and the body.

mod fields;
mod published;

use std::fmt::Debug;

use inventory_core::machine::{Command, Request};
use inventory_fuzz::refused_field;
use inventory_http::kit::parse;
use inventory_http::wire::{Batch, Resolve, Sync, Update};
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use fields::field_count;
use published::{is_batch, is_resolve, is_sync, is_update};

fuzz_target!(|input: &[u8]| {
    let Some((kind, body)) = input.split_first() else {
        return;
    };
    match kind % 4 {
        0 => {
            if let Some(update) = check::<Update>(body, is_update) {
                can_be_asked(vec![update.command()]);
            }
        }
        1 => {
            if let Some(batch) = check::<Batch>(body, is_batch) {
                for update in batch.updates {
                    can_be_asked(vec![update.command()]);
                }
            }
        }
        2 => {
            if let Some(sync) = check::<Sync>(body, is_sync) {
                let rows = sync.products.iter();
                let commands: Option<Vec<Command>> = rows
                    .map(|row| row.command(&sync.store_id, sync.mode))
                    .collect();
                // A sync without rows, and a merge without versions, are refused where they are decided.
                can_be_asked(commands.unwrap_or_default());
            }
        }
        _ => drop(check::<Resolve>(body, is_resolve)),
    }
});

/// Parses a body, and compares what becomes of it with what was published.
fn check<T>(body: &[u8], is_published: fn(&Value) -> bool) -> Option<T>
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    // A parser of any JSON keeps the last of two fields with one name: then it has fewer of them than were sent.
    let sent = serde_json::from_slice::<Value>(body)
        .ok()
        .filter(|sent| field_count(sent.to_string().as_bytes()) == field_count(body));
    let published = sent.as_ref().is_some_and(is_published);
    let accepted = match parse::<T>(body) {
        Ok(accepted) => accepted,
        Err(error) => {
            refused_field(&error);
            assert!(!published, "this is as published: {error:?}");
            return None;
        }
    };
    assert!(published, "this is not as published: {accepted:?}");
    let written = serde_json::to_vec(&accepted).expect("what was read can be written");
    assert_eq!(
        serde_json::from_slice(&written).ok(),
        sent,
        "nothing was added, changed or left out"
    );
    assert_eq!(parse::<T>(&written).as_ref(), Ok(&accepted));
    Some(accepted)
}

/// A handler takes it for granted that lines it has counted are a request.
fn can_be_asked(commands: Vec<Command>) {
    let lines = commands.len();
    assert_eq!(Request::unkeyed(commands).is_ok(), lines > 0);
}
