//! The primitives that the hand-over is made of, in one place so that a model checker can put its own here.

pub(super) use parking_lot::{Condvar, Mutex, MutexGuard};
pub(super) use std::sync::Arc;
