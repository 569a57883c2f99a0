//! The primitives that the hand-over is made of, in one place so that a model checker can put its own here.

pub(super) use parking_lot::{Condvar, Mutex};
pub(super) use std::sync::Arc;
pub(super) use std::thread::ThreadId;

pub(super) fn this_thread() -> ThreadId {
    std::thread::current().id()
}
