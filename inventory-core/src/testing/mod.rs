//! What tests are made of: a clock that is set by hand, adapters that fail on demand, a naive model of the engine,
//! shelves that units are really on, a count of what is passed over, and defects that can be switched on to prove that the
//! tests would see them.
//!
//! Only [`Defect`], [`active`], [`answer_early`] and the macro [`defect!`](crate::defect) exist without the feature
//! `testing`, and there they do nothing, as in any build without debug assertions: production code may ask for a defect, and the
//! question is compiled away.

#[cfg(feature = "testing")]
mod clock;
mod defect;
#[cfg(feature = "testing")]
mod faults;
#[cfg(feature = "testing")]
mod model;
#[cfg(feature = "testing")]
mod shelves;
mod steps;
#[cfg(feature = "testing")]
mod then;

#[cfg(feature = "testing")]
pub use clock::ManualClock;
pub use defect::{Defect, active, answer_early};
#[cfg(feature = "testing")]
pub use defect::{answered_early, with};
#[cfg(feature = "testing")]
pub use faults::{AppendFault, Call, Faults};
#[cfg(feature = "testing")]
pub use model::{Model, Predicted};
#[cfg(feature = "testing")]
pub use shelves::Shelves;
pub(crate) use steps::step;
#[cfg(feature = "testing")]
pub use steps::steps;
#[cfg(feature = "testing")]
pub use then::then;
