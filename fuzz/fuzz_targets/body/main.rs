#![no_main]
//! Bodies of requests: what is as published is accepted, and kept as it was sent; all else is refused in words.
//!
//! An input is a character, from 0 on, which says what the body is taken for, and the body.

mod fields;
mod published;

use std::fmt::Debug;

use inventory_core::machine::{Basis, Command, Guard, Request};
use inventory_fuzz::refused_field;
use inventory_http::server::parse;
use inventory_http::wire::{
    Batch, Close, Commit, Count, Direct, Extend, Hold, Receive, Release, Resolve, SetAlert, Ship,
    Subject, Sync, Transaction, Update,
};
use libfuzzer_sys::fuzz_target;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use fields::field_count;
use published::{
    is_alert, is_batch, is_close, is_commit, is_count, is_extend, is_hold, is_receive, is_release,
    is_resolve, is_ship, is_sync, is_transaction, is_update,
};

fuzz_target!(|input: &[u8]| {
    let Some((kind, body)) = input.split_first() else {
        return;
    };
    let commands = match kind.wrapping_sub(b'0') % 14 {
        0 => commands::<Update>(body, is_update, ""),
        1 => {
            if let Some(batch) = check::<Batch>(body, is_batch) {
                for update in batch.updates {
                    can_be_asked(vec![update.split().0.command()]);
                }
            }
            None
        }
        2 => check::<Sync>(body, is_sync).map(|sync| {
            let rows = sync.products.iter();
            let commands: Option<Vec<Command>> = rows
                .map(|row| row.command(&sync.store_id, sync.mode))
                .collect();
            // A sync without rows, and a merge without versions, are refused where they are decided.
            commands.unwrap_or_default()
        }),
        3 => {
            check::<Resolve>(body, is_resolve);
            None
        }
        4 => commands::<Transaction>(body, is_transaction, ""),
        5 => check::<Count>(body, is_count).map(|count| {
            let guard = count.version.flatten().map_or(Guard::Unguarded, Guard::At);
            vec![count.command(Basis::Now(guard))]
        }),
        6 => commands::<Hold>(body, is_hold, ""),
        7 => commands::<Commit>(body, is_commit, "cart"),
        8 => commands::<Release>(body, is_release, "cart"),
        9 => commands::<Extend>(body, is_extend, "cart"),
        10 => commands::<Ship>(body, is_ship, ""),
        11 => commands::<Receive>(body, is_receive, "van"),
        12 => commands::<Close>(body, is_close, "van"),
        _ => {
            check::<SetAlert>(body, is_alert);
            None
        }
    };
    if let Some(commands) = commands {
        can_be_asked(commands);
    }
});

/// The commands of a mutation of what its path names. Lines that do not belong together are refused.
fn commands<M>(body: &[u8], is_published: fn(&Value) -> bool, named: &str) -> Option<Vec<Command>>
where
    M: Direct + PartialEq + Debug,
{
    let subject = M::Subject::parse(named).expect("the name is plain text");
    let mutation = check::<M>(body, is_published)?;
    mutation.commands(subject).ok()
}

/// Parses a body, and compares what becomes of it with what was published.
fn check<T>(body: &[u8], is_published: fn(&Value) -> bool) -> Option<T>
where
    T: Serialize + DeserializeOwned + JsonSchema + PartialEq + Debug,
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
        sent.map(without_defaults),
        "nothing was added, changed or left out"
    );
    assert_eq!(parse::<T>(&written).as_ref(), Ok(&accepted));
    Some(accepted)
}

/// A body without the field that may be left out when it says nothing.
fn without_defaults(mut body: Value) -> Value {
    if let Some(object) = body.as_object_mut()
        && object.get("releaseHolds") == Some(&Value::Bool(false))
    {
        object.remove("releaseHolds");
    }
    body
}

/// A handler takes it for granted that lines it has counted are a request.
fn can_be_asked(commands: Vec<Command>) {
    let lines = commands.len();
    assert_eq!(Request::unkeyed(commands).is_ok(), lines > 0);
}
