//! What may be asked for: one file per family.

mod alert;
mod digest;
mod reservation;
mod stock;
mod transfer;

pub use alert::{InvalidThresholds, RemoveAlert, SetAlert, Thresholds};
pub use reservation::{Commit, CommitLine, Extend, Hold, Release};
pub use stock::{Adjust, Basis, Count, Guard, SyncLevel, SyncRule, Then};
pub use transfer::{Close, Receive, ReceiveLine, Ship};

use crate::vocabulary::Fields;

/// One line of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub enum Command {
    /// Changes a stock by an amount.
    Adjust(Adjust),
    /// Sets a stock to an amount.
    Count(Count),
    /// Sets a stock to an amount, or is skipped.
    SyncLevel(SyncLevel),
    /// Sets units aside for a reservation.
    Hold(Hold),
    /// Takes what a reservation holds out of the stock.
    Commit(Commit),
    /// Sets free what a reservation holds.
    Release(Release),
    /// Moves the deadline of a reservation.
    Extend(Extend),
    /// Sends units to another store.
    Ship(Ship),
    /// Takes in what has arrived of a transfer.
    Receive(Receive),
    /// Settles what of a transfer has not arrived.
    Close(Close),
    /// Asks to be told about a level.
    SetAlert(SetAlert),
    /// Asks no longer to be told about a level.
    RemoveAlert(RemoveAlert),
}

impl Command {
    /// How many lines the command stands for: as many as it lists, and at least one.
    pub(super) fn lines(&self) -> usize {
        let listed = match self {
            Self::Commit(commit) => commit.lines.as_ref().map_or(0, |lines| lines.len()),
            Self::Receive(receive) => receive.lines.as_ref().map_or(0, |lines| lines.len()),
            Self::Adjust(_)
            | Self::Count(_)
            | Self::SyncLevel(_)
            | Self::Hold(_)
            | Self::Release(_)
            | Self::Extend(_)
            | Self::Ship(_)
            | Self::Close(_)
            | Self::SetAlert(_)
            | Self::RemoveAlert(_) => 1,
        };
        listed.max(1)
    }

    /// Digests what the command means: everything but its guard. The numbers of the operations are in logs and windows,
    /// and never change. Each says how many fields follow, or a number among them does, so that no command begins with what
    /// another one is.
    pub(super) fn fingerprint(&self, digest: &mut impl Fields) {
        match self {
            Self::Adjust(adjust) => adjust.fingerprint(digest),
            Self::Count(count) => count.fingerprint(digest),
            Self::SyncLevel(set) => set.fingerprint(digest),
            Self::Hold(hold) => hold.fingerprint(digest),
            Self::Commit(commit) => commit.fingerprint(digest),
            Self::Release(release) => release.fingerprint(digest),
            Self::Extend(extend) => extend.fingerprint(digest),
            Self::Ship(ship) => ship.fingerprint(digest),
            Self::Receive(receive) => receive.fingerprint(digest),
            Self::Close(close) => close.fingerprint(digest),
            Self::SetAlert(set) => set.fingerprint(digest),
            Self::RemoveAlert(remove) => remove.fingerprint(digest),
        }
    }
}

macro_rules! command_from {
    ($($command:ident),*) => {
        $(impl From<$command> for Command {
            fn from(command: $command) -> Self {
                Self::$command(command)
            }
        })*
    };
}

command_from!(
    Adjust,
    Count,
    SyncLevel,
    Hold,
    Commit,
    Release,
    Extend,
    Ship,
    Receive,
    Close,
    SetAlert,
    RemoveAlert
);
