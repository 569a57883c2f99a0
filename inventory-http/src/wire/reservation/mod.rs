//! Reservations: units that are promised to somebody for a while.

mod answer;
mod body;
mod read;

pub use answer::{Committed, CommittedLine, Extended, Held, HeldLine, Released, ReleasedLine};
pub use body::{Commit, Extend, Hold, LevelUnits, Release};
pub use read::{Reservation, ReservationLine, ReservationList};
