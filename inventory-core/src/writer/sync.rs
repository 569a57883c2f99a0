//! The primitives that the hand-over is made of, in one place so that a model checker can put its own here.

pub(super) use parking_lot::{Condvar, Mutex};
pub(super) use std::sync::Arc;
use std::sync::OnceLock;
pub(super) use std::thread::ThreadId;

/// Shut until it is opened, for all who wait at it. That is one call of the system, however many they are: on two cores a call for each
/// of 64 took a quarter of the writer's time, and 1.8 switches of threads for an update where there is now one.
#[derive(Debug, Default)]
pub(super) struct Gate(OnceLock<()>);

impl Gate {
    pub(super) fn open(&self) {
        let _already = self.0.set(());
    }

    pub(super) fn wait(&self) {
        self.0.wait();
    }
}

pub(super) fn this_thread() -> ThreadId {
    std::thread::current().id()
}
