//! A thread that does something now and then.

use std::io;
use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle, panicking};
use std::time::Duration;

/// A part of an inventory that has a thread of its own. Dropped, it does its work a last time and ends.
#[derive(Debug)]
pub(super) struct Part {
    /// `None` once it ends.
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Part {
    /// Starts a part. `work` is told whether this is the last time, and says after how long it wants to be called again.
    pub(super) fn start(
        name: &str,
        first: Duration,
        mut work: impl FnMut(bool) -> Duration + Send + 'static,
    ) -> io::Result<Self> {
        let (stop, told) = sync_channel::<()>(0);
        let thread = Builder::new().name(name.into()).spawn(move || {
            let mut pause = first;
            loop {
                let is_last = told.recv_timeout(pause) != Err(RecvTimeoutError::Timeout);
                pause = work(is_last);
                if is_last {
                    return;
                }
            }
        })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Lets it do its work a last time and end, and nobody waits for that.
    pub(super) fn let_go(&mut self) {
        self.stop = None;
        self.thread = None;
    }
}

impl Drop for Part {
    /// A panic of the part is one of whoever drops it: what it did is done no more, and nobody would notice.
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map(JoinHandle::join);
        if let Some(Err(panic)) = ended
            && !panicking()
        {
            resume_unwind(panic);
        }
    }
}
