//! The form of every command and of an entry, as it stands in queues: who changes a name here changes what waits there.

use inventory_core::machine::{
    Adjust, Basis, Close, Command, Commit, Count, Entry, Extend, Guard, Hold, Lines, Receive,
    ReceiveLine, Release, RemoveAlert, SetAlert, Settlement, Ship, SyncLevel, SyncRule,
};
use inventory_core::vocabulary::{Units, Version};

use crate::EVENT;

/// What stands in queues of a command of each kind. One of a new kind has its line here before this compiles.
fn form(command: &Command) -> &'static str {
    match command {
        Command::Adjust(_) => {
            r#"{"adjust":{"product":"tea","store":"north","delta":-1,"guard":{"at":3}}}"#
        }
        Command::Count(_) => {
            r#"{"count":{"product":"tea","store":"north","counted":4,"basis":{"now":"unguarded"},"releaseHolds":true}}"#
        }
        Command::SyncLevel(SyncLevel {
            rule: SyncRule::Merge(_),
            ..
        }) => r#"{"syncLevel":{"product":"tea","store":"north","onHand":4,"rule":{"merge":3}}}"#,
        Command::SyncLevel(_) => {
            r#"{"syncLevel":{"product":"tea","store":"north","onHand":4,"rule":"overwrite"}}"#
        }
        Command::Hold(_) => {
            r#"{"hold":{"reservation":"cart-7","product":"tea","store":"north","quantity":2,"ttl":600}}"#
        }
        Command::Commit(_) => r#"{"commit":{"reservation":"cart-7","lines":null}}"#,
        Command::Release(_) => r#"{"release":{"reservation":"cart-7"}}"#,
        Command::Extend(_) => r#"{"extend":{"reservation":"cart-7","ttl":600}}"#,
        Command::Ship(_) => {
            r#"{"ship":{"transfer":"t-1","source":"north","destination":"south","product":"tea","quantity":2}}"#
        }
        Command::Receive(_) => {
            r#"{"receive":{"transfer":"t-1","lines":[{"product":"tea","quantity":2}]}}"#
        }
        Command::Close(_) => r#"{"close":{"transfer":"t-1","settlement":"lost"}}"#,
        Command::SetAlert(_) => {
            r#"{"setAlert":{"product":"tea","store":"north","thresholds":{"low":2,"replenished":5}}}"#
        }
        Command::RemoveAlert(_) => r#"{"removeAlert":{"product":"tea","store":"north"}}"#,
    }
}

fn commands() -> [Command; 13] {
    let version = Version::new(3).unwrap();
    let level = || SyncLevel::new("tea", "north", 4).unwrap();
    let line = ReceiveLine {
        product: "tea".parse().unwrap(),
        quantity: Units::new(2).unwrap(),
    };
    [
        Command::Adjust(Adjust {
            guard: Guard::At(version),
            ..Adjust::new("tea", "north", -1).unwrap()
        }),
        Command::Count(Count {
            basis: Basis::Now(Guard::Unguarded),
            release_holds: true,
            ..Count::new("tea", "north", 4).unwrap()
        }),
        Command::SyncLevel(SyncLevel {
            rule: SyncRule::Merge(version),
            ..level()
        }),
        level().into(),
        Hold::new("cart-7", "tea", "north", 2, 600).unwrap().into(),
        Commit::all("cart-7").unwrap().into(),
        Release::new("cart-7").unwrap().into(),
        Extend::new("cart-7", 600).unwrap().into(),
        Ship::new("t-1", "north", "south", "tea", 2).unwrap().into(),
        Command::Receive(Receive {
            lines: Some(Lines::new(vec![line]).unwrap()),
            ..Receive::all("t-1").unwrap()
        }),
        Close::new("t-1", Settlement::Lost).unwrap().into(),
        SetAlert::new("tea", "north", 2, 5).unwrap().into(),
        RemoveAlert::new("tea", "north").unwrap().into(),
    ]
}

#[test]
fn the_form_of_every_command_stays_as_it_is() {
    for command in commands() {
        let form = form(&command);
        assert_eq!(serde_json::to_string(&command).unwrap(), form);
        assert_eq!(serde_json::from_str::<Command>(form).unwrap(), command);
    }
}

#[test]
fn the_form_of_an_entry_stays_as_it_is() {
    let entry = format!(
        "{}{EVENT}{}",
        concat!(
            r#"{"first":7,"recordedAt":"2017-01-01T11:53:26.000Z","#,
            r#""intent":{"caller":"till 3","key":"basket-7","fingerprint":"0123456789abcdef"},"#,
            r#""outcomes":["created","below_reserved"],"events":["#,
        ),
        concat!(
            r#",{"deadLettered":{"product":"tea","version":4,"raw":"{}"}}],"#,
            r#""annotations":null,"chain":"fedcba9876543210"}"#,
        ),
    );
    let read: Entry = serde_json::from_str(&entry).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), entry);
}
