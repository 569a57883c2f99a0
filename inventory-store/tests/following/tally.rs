//! What the runs have come to.

use std::collections::BTreeMap;

/// How often each situation was met.
pub(crate) type Tally = BTreeMap<&'static str, u64>;

/// Situations that the runs must come to, or nothing is known about them.
pub(crate) const SITUATIONS: [&str; 33] = [
    "answer ahead of the log",
    "answer that central lost",
    "batch of several",
    "central buried an event",
    "central restarted",
    "central restored under a new epoch",
    "central restored under the old epoch",
    "diverged",
    "event of an unknown type",
    "gone",
    "intent parked",
    "intent settled by a later attempt",
    "late page",
    "page of several requests",
    "page that has more",
    "product stepped aside",
    "quarantine shown",
    "queue stopped",
    "store started from its file",
    "time-out",
    "wrote AlertRemoved",
    "wrote AlertSet",
    "wrote HoldCommitted",
    "wrote HoldExpired",
    "wrote HoldExtended",
    "wrote HoldReleased",
    "wrote StockCounted",
    "wrote StockHeld",
    "wrote StockLow",
    "wrote StockReceived",
    "wrote StockReplenished",
    "wrote StockShipped",
    "wrote TransferClosed",
];
