//! Puts the time of a log right that a clock which was ahead has written into.

use super::recover::{recover, restart};
use super::{OpenError, Recovery, Settings};
use crate::machine::WindowLimits;
use crate::ports::{Ports, StorageError};
use crate::vocabulary::{Epoch, Sequence, Timestamp};

/// What became of a log that was ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SetBack {
    /// Its end, which is the same as before.
    pub at: Sequence,
    /// The time of its last entry before.
    pub from: Timestamp,
    /// The epoch that it had before.
    pub replaced: Epoch,
    /// The epoch that it has now.
    pub epoch: Epoch,
}

/// Why a log was not set back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetBackError {
    /// Its last entry is not later than that. It is as it was.
    #[error("the log is not ahead: its last entry is of {at}")]
    NotAhead {
        /// The time of the last entry.
        at: Timestamp,
    },
    /// An engine would not start from it. It is as it was.
    #[error("the log cannot be followed")]
    Open(#[source] OpenError),
    /// Storage failed. Either all is as it was, or the next start finishes what was begun.
    #[error("the log could not be restarted")]
    Storage(#[source] StorageError),
}

/// Restarts a log under a new epoch in which its last entry is of `to`, since a clock that was ahead has been written into
/// it. What the ledger then says of times is told at [`Image::set_back`](crate::machine::Image::set_back).
///
/// No engine may be running on the ports; an adapter that locks what it opens sees to that. Followers start again, as after
/// every new epoch. Of the past before it, only what the ledger has is left: an adapter may keep the old log aside.
///
/// Keys that the clock has made too old are remembered again, as far as the newest snapshot and the log after it have them.
/// The other window limits of `settings` should be those of the engine that is started next.
///
/// # Errors
///
/// See [`SetBackError`].
pub fn set_back(
    mut ports: Ports,
    settings: Settings,
    to: Timestamp,
) -> Result<SetBack, SetBackError> {
    let at = ports.log.head().recorded_at;
    if at <= to {
        return Err(SetBackError::NotAhead { at });
    }
    let settings = Settings {
        recovery: Recovery::Strict,
        window: WindowLimits {
            age_ms: u64::MAX,
            ..settings.window
        },
        ..settings
    };
    let recovered = recover(&mut ports, &settings).map_err(SetBackError::Open)?;
    let head = recovered.ledger.head();
    let replaced = ports.log.epoch();
    let image = recovered.ledger.freeze().set_back(to);
    let (epoch, _saved) = restart(&mut ports, image).map_err(SetBackError::Storage)?;
    Ok(SetBack {
        at: head.sequence,
        from: head.recorded_at,
        replaced,
        epoch,
    })
}
