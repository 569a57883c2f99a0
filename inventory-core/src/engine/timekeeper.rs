//! What time it is for the engine: what the clock says, as far as the time that has passed bears it out.
//!
//! A clock and the uptime are as far apart as somebody has set the clock; call that the clock's *lead*. The engine has a
//! lead of its own, and its time is the uptime with that lead. So it goes on at the speed of real time, whatever is done to
//! the clock, and what has leapt is the clock, never the engine:
//!
//! ```text
//!  lead of the clock:   behind │ the engine's lead │ up to an hour ahead  │ further ahead
//!                              │                   │                      │
//!  the engine's time:   goes on without the clock  │ goes on without it   │ goes on, but nothing is decided
//!  the engine's lead:   stays                      │ becomes the clock's, once that has stood for a minute
//! ```
//!
//! So a glitch of less than a minute changes nothing. Without a person's consent the lead grows by a day at most, and by
//! another day for each day that passes. At a start there is no earlier uptime to compare with: there a clock may be a year
//! ahead of the log. A log without entries has no past: the clock is believed, whatever it says.
//!
//! **Invariant**: the lead only grows, once there is an entry in the log.

use std::fmt;

use crate::defect;
use crate::ports::Clock;
use crate::vocabulary::{Span, Timestamp, Uptime};

/// How far ahead the clock may be while the engine goes on deciding, by its own time.
const GOES_ON: Span = Span::HOUR;

/// How long a clock has to stand ahead before it is believed.
const STANDS: Span = Span::MINUTE;

/// How much the lead may grow without anybody's consent, at once and in each day that passes.
const ALLOWANCE: Span = Span::DAY;

/// How far ahead of its log a clock may be at a start.
const DOWNTIME: Span = Span::YEAR;

/// How far a clock may be from the time that an operator has accepted.
const NAMED: Span = Span::DAY;

/// How much readings may differ that say the same.
const JITTER: Span = Span::SECOND;

/// Both clocks at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    now: Timestamp,
    uptime: Uptime,
}

impl Reading {
    /// The uptime is read last: when the process is suspended in between, it explains what the clock says next.
    pub(super) fn of(clock: &dyn Clock) -> Self {
        let now = clock.now();
        let uptime = clock.uptime();
        Self { now, uptime }
    }
}

/// How many milliseconds a clock is ahead of the uptime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Lead(i64);

impl Lead {
    fn of(now: Timestamp, uptime: Uptime) -> Self {
        Self(signed(now.millis()).saturating_sub(signed(uptime.millis())))
    }

    /// What a clock with this lead shows.
    fn at(self, uptime: Uptime) -> Timestamp {
        let millis = self.0.saturating_add(signed(uptime.millis()));
        Timestamp::UNIX_EPOCH.plus_millis(u64::try_from(millis).unwrap_or(0))
    }

    /// How much further ahead it is than another one.
    fn beyond(self, other: Self) -> Span {
        let beyond = self.0.saturating_sub(other.0);
        Span::from_millis(u64::try_from(beyond).unwrap_or(0))
    }
}

fn signed(millis: u64) -> i64 {
    i64::try_from(millis).unwrap_or(i64::MAX)
}

/// What has to happen before a clock is believed that is ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaits {
    /// It has to stand for so long yet.
    Standing(Span),
    /// An operator has to accept the time: see [`Settings::accept_time`](super::Settings::accept_time).
    Operator,
}

/// A clock that is ahead of what the time that has passed explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leap {
    /// What the clock says.
    pub clock: Timestamp,
    /// How far that is ahead.
    pub ahead: Span,
    /// What has to happen before it is believed. It may also be put right.
    pub awaits: Awaits,
}

impl Leap {
    /// Whether nothing is decided while it lasts: more than an hour ahead.
    pub fn is_refused(&self) -> bool {
        self.ahead > GOES_ON
    }
}

impl fmt::Display for Leap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clock, ahead, .. } = self;
        write!(
            f,
            "the clock says {clock}, {ahead} ahead of what the time that has passed explains: "
        )?;
        match self.awaits {
            Awaits::Standing(left) => write!(f, "it is believed when it stands for another {left}"),
            Awaits::Operator => f.write_str("put it right, or accept that time"),
        }
    }
}

/// What the engine makes of its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineTime {
    /// The time of what is decided now. While an engine runs, it goes on at least as fast as real time.
    pub now: Timestamp,
    /// How far the clock is behind that, and so behind the log.
    pub behind: Span,
    /// The clock is ahead of it.
    pub leap: Option<Leap>,
}

/// A lead that the clock has, and the engine has not.
#[derive(Debug, Clone, Copy)]
struct Suspicion {
    since: Uptime,
    /// The least that any reading since has shown. All of them agree, to the second.
    lead: Lead,
}

/// Reads the clock.
#[derive(Debug)]
pub(super) struct Timekeeper {
    lead: Lead,
    suspicion: Option<Suspicion>,
    /// How much the lead may grow without anybody's consent.
    allowance: Span,
    read_at: Uptime,
    accepted: Option<Timestamp>,
}

impl Timekeeper {
    /// Starts after a log whose last entry is of `past`.
    ///
    /// # Errors
    ///
    /// The clock is more than a year ahead of the log, and nobody has accepted that.
    pub(super) fn start(
        past: Option<Timestamp>,
        reading: Reading,
        accepted: Option<Timestamp>,
    ) -> Result<Self, Leap> {
        let Reading { now, uptime } = reading;
        let shown = Lead::of(now, uptime);
        let known = past.map_or(shown, |past| Lead::of(past, uptime));
        let ahead = shown.beyond(known);
        if ahead > DOWNTIME && !names(accepted, now) {
            return Err(Leap {
                clock: now,
                ahead,
                awaits: Awaits::Operator,
            });
        }
        Ok(Self {
            lead: shown.max(known),
            suspicion: None,
            allowance: ALLOWANCE,
            read_at: uptime,
            accepted,
        })
    }

    /// Takes a reading, and says what the time is for a log whose last entry is of `past`.
    pub(super) fn read(&mut self, reading: Reading, past: Option<Timestamp>) -> EngineTime {
        let Reading { now, uptime } = reading;
        let passed = Span::from_millis(uptime.millis_since(self.read_at));
        self.allowance = self.allowance.plus(passed).min(ALLOWANCE);
        self.read_at = uptime;
        let shown = Lead::of(now, uptime);
        self.lead = match past {
            None => shown,
            Some(past) => self.lead.max(Lead::of(past, uptime)),
        };
        self.suspect(shown);
        self.believe(shown);
        EngineTime {
            now: self.lead.at(uptime),
            behind: self.lead.beyond(shown),
            leap: self.leap(now, shown),
        }
    }

    fn suspect(&mut self, shown: Lead) {
        let fresh = Suspicion {
            since: self.read_at,
            lead: shown,
        };
        self.suspicion = match self.suspicion {
            _ if shown <= self.lead => None,
            // Another time than the one that has stood so far.
            Some(Suspicion { lead, .. }) if lead.beyond(shown).max(shown.beyond(lead)) > JITTER => {
                Some(fresh)
            }
            Some(Suspicion { since, lead }) => Some(Suspicion {
                since,
                lead: lead.min(shown),
            }),
            None => Some(fresh),
        };
    }

    /// Takes over what has stood for long enough.
    fn believe(&mut self, shown: Lead) {
        let Some(suspicion) = self.suspicion else {
            return;
        };
        let believed = self.awaits(suspicion) == Awaits::Standing(Span::ZERO);
        if !believed && !defect!(LeapBelieved) {
            return;
        }
        let grows = suspicion.lead.beyond(self.lead);
        if !names(self.accepted, suspicion.lead.at(self.read_at)) {
            self.allowance = self.allowance.less(grows);
        }
        self.lead = suspicion.lead;
        // It may have leapt again meanwhile.
        self.suspicion = None;
        self.suspect(shown);
    }

    fn awaits(&self, suspicion: Suspicion) -> Awaits {
        let stood = Span::from_millis(self.read_at.millis_since(suspicion.since));
        let grows = suspicion.lead.beyond(self.lead);
        let missing = match names(self.accepted, suspicion.lead.at(self.read_at)) {
            true => Span::ZERO,
            false if grows > ALLOWANCE => return Awaits::Operator,
            // The allowance grows by what passes.
            false => grows.less(self.allowance),
        };
        Awaits::Standing(STANDS.less(stood).max(missing))
    }

    fn leap(&self, now: Timestamp, shown: Lead) -> Option<Leap> {
        let suspicion = self.suspicion?;
        Some(Leap {
            clock: now,
            ahead: shown.beyond(self.lead),
            awaits: self.awaits(suspicion),
        })
    }
}

/// Whether an operator has accepted a time.
fn names(accepted: Option<Timestamp>, time: Timestamp) -> bool {
    accepted.is_some_and(|accepted| {
        let apart = accepted.millis_since(time).max(time.millis_since(accepted));
        Span::from_millis(apart) <= NAMED
    })
}
