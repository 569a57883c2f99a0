//! The level that a command names.

use crate::machine::Command;
use crate::vocabulary::{ProductId, StoreId};

/// Product and store, unless the command names a reservation or transfer that was made before.
pub(super) fn level(command: &Command) -> Option<(&ProductId, &StoreId)> {
    match command {
        Command::Adjust(adjust) => Some((&adjust.product, &adjust.store)),
        Command::Count(count) => Some((&count.product, &count.store)),
        Command::SyncLevel(set) => Some((&set.product, &set.store)),
        Command::Hold(hold) => Some((&hold.product, &hold.store)),
        Command::Ship(ship) => Some((&ship.product, &ship.source)),
        Command::SetAlert(set) => Some((&set.product, &set.store)),
        Command::RemoveAlert(remove) => Some((&remove.product, &remove.store)),
        Command::Commit(_)
        | Command::Release(_)
        | Command::Extend(_)
        | Command::Receive(_)
        | Command::Close(_) => None,
    }
}
