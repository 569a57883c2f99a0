//! What a line of a request means, whatever its guard says.

use super::commands;
use super::number::Number;
use crate::machine::{Basis, Command, CommitLine, ReceiveLine, SyncRule};
use crate::vocabulary::{ProductId, StoreId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) operation: &'static str,
    /// Product and store; none for what is done to a whole reservation or transfer.
    pub(super) level: Option<(String, String)>,
    /// The amount, when the event shows it.
    pub(super) amount: Option<Number>,
    /// What else the event shows.
    pub(super) subject: Vec<String>,
    /// What no event shows.
    pub(super) unseen: Vec<String>,
}

impl Meaning {
    pub(super) fn of(command: &Command) -> Self {
        let (operation, amount, subject, unseen) = parts(command);
        let level = commands::level(command);
        let texts =
            |(product, store): (&ProductId, &StoreId)| (product.to_string(), store.to_string());
        Self {
            operation,
            level: level.map(texts),
            amount,
            subject,
            unseen,
        }
    }

    /// Whether it sets a stock to what somebody has found.
    pub(super) fn sets(&self) -> bool {
        ["merge", "overwrite", "count"].contains(&self.operation)
    }
}

fn parts(command: &Command) -> (&'static str, Option<Number>, Vec<String>, Vec<String>) {
    let none = Vec::new;
    match command {
        Command::Adjust(adjust) => {
            let delta = adjust.delta.delta().units();
            ("adjust", Some(delta.into()), none(), none())
        }
        Command::Count(count) => {
            let counted = count.counted.units();
            let (amount, basis) = match count.basis {
                Basis::Now(_) => (Some(counted.into()), "now".to_owned()),
                Basis::Then(then) => (None, format!("{counted} since {}", then.offset())),
            };
            let releases = count.release_holds.to_string();
            ("count", amount, none(), vec![basis, releases])
        }
        Command::SyncLevel(set) => {
            let operation = match set.rule {
                SyncRule::Merge(_) => "merge",
                SyncRule::Overwrite => "overwrite",
            };
            let on_hand = set.on_hand.units();
            (operation, Some(on_hand.into()), none(), none())
        }
        Command::Hold(hold) => {
            let subject = vec![hold.reservation.to_string(), hold.ttl.to_string()];
            let units = hold.quantity.quantity().units();
            ("hold", Some(units.into()), subject, none())
        }
        Command::Commit(commit) => {
            let committed = |line: &CommitLine| format!("{line:?}");
            let lines = commit.lines.iter().flatten().map(committed);
            let all = format!("{} {}", commit.reservation, commit.lines.is_none());
            ("commit", None, lines.chain([all]).collect(), none())
        }
        Command::Release(release) => {
            let subject = vec![release.reservation.to_string()];
            ("release", None, subject, none())
        }
        Command::Extend(extend) => {
            let subject = vec![extend.reservation.to_string(), extend.ttl.to_string()];
            ("extend", None, subject, none())
        }
        Command::Ship(ship) => {
            let subject = vec![ship.transfer.to_string(), ship.destination.to_string()];
            let units = ship.quantity.quantity().units();
            ("ship", Some(units.into()), subject, none())
        }
        Command::Receive(receive) => {
            let received = |line: &ReceiveLine| format!("{line:?}");
            let lines = receive.lines.iter().flatten().map(received);
            let all = format!("{} {}", receive.transfer, receive.lines.is_none());
            ("receive", None, lines.chain([all]).collect(), none())
        }
        Command::Close(close) => {
            let subject = vec![close.transfer.to_string(), close.settlement.to_string()];
            ("close", None, subject, none())
        }
        Command::SetAlert(set) => {
            let (low, replenished) = (set.thresholds.low(), set.thresholds.replenished());
            let subject = vec![low.to_string(), replenished.to_string()];
            ("alert", None, subject, none())
        }
        Command::RemoveAlert(_) => ("unalert", None, none(), none()),
    }
}
