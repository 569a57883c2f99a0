//! Whether the disk answers.
//!
//! A disk that hangs fails nothing: the append of a group just does not return. After a while who waits is told so, and
//! nothing more is taken until it has returned.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::watch;

/// How many looks there are in the time that the disk has.
const LOOKS: u32 = 20;

/// What is known of the append that is under way.
#[derive(Debug)]
pub(super) struct DiskWatch {
    /// How long an append may take.
    patience: Duration,
    /// The append that is under way, and when it was first seen.
    seen: Mutex<Option<(u64, Instant)>>,
    silent: watch::Sender<bool>,
}

/// What a look has found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    /// The disk has not answered for so long.
    FallsSilent(Duration),
    /// It answers again.
    AnswersAfter(Duration),
}

impl DiskWatch {
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            patience,
            seen: Mutex::new(None),
            silent: watch::Sender::new(false),
        }
    }

    /// How long the disk has not answered, once that is longer than it may be.
    pub(super) fn silence(&self) -> Option<Duration> {
        let silent = *self.silent.borrow();
        let seen = silent.then(|| *self.seen.lock()).flatten();
        seen.map(|(_, since)| since.elapsed())
    }

    /// How long to wait from one look to the next.
    pub(super) fn pause(&self) -> Duration {
        self.patience / LOOKS
    }

    /// Lets everybody know whether the disk answers.
    pub(super) fn set_silent(&self, silent: bool) {
        self.silent.send_replace(silent);
    }

    /// Waits until the disk has not answered for longer than it may.
    pub(super) async fn falls_silent(&self) {
        let mut silent = self.silent.subscribe();
        // The sender lives as long as this.
        let _ = silent.wait_for(|silent| *silent).await;
    }

    /// Takes note of the append that is under way.
    pub(super) fn look(&self, under_way: Option<u64>, now: Instant) -> Option<News> {
        let was_silent = *self.silent.borrow();
        let mut seen = self.seen.lock();
        match *seen {
            Some((append, since)) if under_way == Some(append) => {
                let silence = now.saturating_duration_since(since);
                let news = silence >= self.patience && !was_silent;
                news.then_some(News::FallsSilent(silence))
            }
            before => {
                *seen = under_way.map(|append| (append, now));
                let (_, since) = before.filter(|_| was_silent)?;
                Some(News::AnswersAfter(now.saturating_duration_since(since)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_append_that_lasts_is_a_silent_disk_and_many_short_ones_are_not() {
        let watch = DiskWatch::new(Duration::from_secs(5));
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        for second in 0..10 {
            assert_eq!(watch.look(Some(2 * second + 1), at(second)), None);
        }
        assert_eq!(watch.look(None, at(10)), None);
        assert_eq!(watch.look(Some(99), at(11)), None);
        assert_eq!(watch.look(Some(99), at(15)), None);
        let silent = News::FallsSilent(Duration::from_secs(5));
        assert_eq!(watch.look(Some(99), at(16)), Some(silent));
        watch.set_silent(true);
        assert_eq!(watch.look(Some(99), at(20)), None);
        let again = News::AnswersAfter(Duration::from_secs(10));
        assert_eq!(watch.look(Some(101), at(21)), Some(again));
        watch.set_silent(false);
        assert_eq!(watch.silence(), None);
        assert_eq!(watch.look(None, at(22)), None);
    }
}
