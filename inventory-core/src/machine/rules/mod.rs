//! How a request is decided on a draft, and how an entry is applied to a ledger.

mod apply;
mod decide;
mod decision;
mod draft;
mod evolve;
mod whole;

pub use apply::{Poison, apply, apply_after_loss, apply_decided};
pub use decide::{Portion, decide, expire};
pub use decision::{Decision, Effects};
pub use draft::{Draft, Staging};
pub use evolve::Inapplicable;
pub use whole::{NotApplied, apply_whole};
