//! What operators are told of a clock that is not right.

use std::fmt;

use inventory_core::engine::{Awaits, EngineTime, Leap};
use inventory_core::vocabulary::Span;

/// How far ahead a clock may be, and how far behind, before a person should look at it. Clocks that are set by the network
/// are moved by less; and a clock that is behind harms nobody, since time goes on without it.
const AHEAD_MAX: Span = Span::SECOND;
const BEHIND_MAX: Span = Span::MINUTE;

/// How a clock stands to the engine's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// As it should.
    Right,
    /// The log is ahead of it.
    Behind(Span),
    /// It is ahead of what the time that has passed explains.
    Ahead(Leap),
}

impl Standing {
    pub(super) fn of(time: &EngineTime) -> Self {
        match time.leap {
            Some(leap) if leap.ahead > AHEAD_MAX => Self::Ahead(leap),
            Some(_) | None if time.behind > BEHIND_MAX => Self::Behind(time.behind),
            Some(_) | None => Self::Right,
        }
    }

    /// Whether a person would call it the same, whatever the numbers are.
    fn is_like(&self, other: &Self) -> bool {
        let operator = |leap: &Leap| leap.awaits == Awaits::Operator;
        match (self, other) {
            (Self::Right, Self::Right) | (Self::Behind(_), Self::Behind(_)) => true,
            (Self::Ahead(one), Self::Ahead(other)) => {
                one.is_refused() == other.is_refused() && operator(one) == operator(other)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Right => f.write_str("the clock is right"),
            Self::Behind(span) => write!(
                f,
                "the clock is {span} behind the log, whose time goes on without it"
            ),
            Self::Ahead(leap) => {
                let ahead = leap.ahead;
                write!(
                    f,
                    "the clock is {ahead} ahead of what the time that has passed explains: "
                )?;
                f.write_str(match leap.is_refused() {
                    true => "nothing is written ",
                    false => "time goes on without it ",
                })?;
                match leap.awaits {
                    Awaits::Standing(left) => {
                        write!(f, "until it is right, or has stood for another {left}")
                    }
                    Awaits::Operator => f.write_str(
                        "until it is right, or central is started with that ACCEPT_TIME",
                    ),
                }
            }
        }
    }
}

/// Looks at the clock, and writes a line into the log whenever it stands otherwise than before.
#[derive(Debug)]
pub(super) struct ClockWatch {
    last: Standing,
}

impl ClockWatch {
    pub(super) fn new() -> Self {
        Self {
            last: Standing::Right,
        }
    }

    pub(super) fn look(&mut self, time: &EngineTime) {
        let standing = Standing::of(time);
        if standing.is_like(&self.last) {
            return;
        }
        match standing {
            Standing::Right => tracing::info!("{standing}"),
            Standing::Behind(_) | Standing::Ahead(_) => tracing::warn!("{standing}"),
        }
        self.last = standing;
    }
}

#[cfg(test)]
mod tests {
    use inventory_core::vocabulary::Timestamp;

    use super::*;

    fn time(ahead: u64, behind: u64, awaits: Awaits) -> EngineTime {
        let leap = Leap {
            clock: Timestamp::UNIX_EPOCH,
            ahead: Span::from_millis(ahead),
            awaits,
        };
        EngineTime {
            now: Timestamp::UNIX_EPOCH,
            behind: Span::from_millis(behind),
            leap: (ahead > 0).then_some(leap),
        }
    }

    #[test]
    fn it_is_said_by_how_much_and_what_has_to_happen() {
        let stands = Awaits::Standing(Span::from_millis(41_000));
        for (time, says) in [
            (time(0, 0, stands), "the clock is right"),
            (time(1_000, 0, stands), "the clock is right"),
            (time(0, 60_000, stands), "the clock is right"),
            (
                time(0, 61_000, stands),
                "the clock is 1 min 1 s behind the log, whose time goes on without it",
            ),
            (
                time(1_800_000, 0, stands),
                "the clock is 30 min 0 s ahead of what the time that has passed explains: \
                 time goes on without it until it is right, or has stood for another 41 s",
            ),
            (
                time(8 * 86_400_000, 0, Awaits::Operator),
                "the clock is 8 d 0 h ahead of what the time that has passed explains: \
                 nothing is written until it is right, or central is started with that ACCEPT_TIME",
            ),
        ] {
            assert_eq!(Standing::of(&time).to_string(), says);
        }
    }
}
