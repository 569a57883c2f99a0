//! Crash simulation: the whole engine on a disk that fails, watched by a witness that knows what callers were told.
//!
//! ```text
//!  Choices ──▶ run ──▶ World ─┬─ SimDisk ── Engine + file adapter      what is tested
//!  (a seed,                   └─ Witness ── Model, answers, reads      who decides whether it is right
//!   or bytes)
//! ```
//!
//! A run is a chain of *lives* on one disk: recover, perhaps be interrupted while at it, do some work, end. After each
//! recovery the witness compares what is there with what callers were told. Some runs end with a loss: a bit of what was
//! acknowledged rots, or a file is gone. Then a start is refused, and one that goes on with what is left is judged by the
//! shelves that units are really on, and by what was answered before. Everything is decided by the choices, so the
//! same choices are the same run.
//!
//! ```
//! use inventory_log::testing::simulation::{Choices, run};
//!
//! let tally = run(&mut Choices::from_seed(7)).unwrap();
//! assert!(tally.crashes() > 0);
//! ```

mod choices;
mod customers;
mod letters;
mod lines;
mod loss;
mod mishaps;
mod run;
mod setup;
mod tally;
mod violation;
mod witness;
mod world;

pub use choices::Choices;
pub use run::run;
pub use setup::Setup;
pub use tally::{Situation, Tally};
pub use violation::{Check, Violation};
pub use witness::Witness;
pub use world::{Progress, World};
