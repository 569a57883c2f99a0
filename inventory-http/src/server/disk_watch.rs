//! Whether the disk answers.
//!
//! A disk that hangs fails nothing: an append just does not return. After a while who waits is told so, and nothing more is
//! taken until it has returned.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::timeout;

/// How many looks there are in the time that the disk has.
const LOOKS: u32 = 20;

/// What is known of the append that is under way.
#[derive(Debug)]
pub struct DiskWatch {
    /// How long an append may take.
    patience: Duration,
    /// The append that is under way, and when it was first seen.
    seen: Mutex<Option<(u64, Instant)>>,
    silent: watch::Sender<bool>,
}

/// What a look has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskNews {
    /// The disk has not answered for so long.
    FallsSilent(Duration),
    /// It answers again.
    AnswersAfter(Duration),
}

impl DiskWatch {
    /// Nothing is known yet. An append may take so long.
    pub fn new(patience: Duration) -> Self {
        Self {
            patience,
            seen: Mutex::new(None),
            silent: watch::Sender::new(false),
        }
    }

    /// How long the disk has not answered, once that is longer than it may be.
    pub fn silence(&self) -> Option<Duration> {
        let silent = *self.silent.borrow();
        let seen = silent.then(|| *self.seen.lock()).flatten();
        seen.map(|(_, since)| since.elapsed())
    }

    /// Waits until the disk has not answered for longer than it may.
    pub async fn falls_silent(&self) {
        let mut silent = self.silent.subscribe();
        // The sender lives as long as this.
        let _ = silent.wait_for(|silent| *silent).await;
    }

    /// Looks now and then, until there is news. `under_way` is the number of the append that is under way. Who has heard it
    /// says so by [`announce`](Self::announce).
    pub async fn news(&self, under_way: impl Fn() -> Option<u64>) -> DiskNews {
        let pause = self.patience / LOOKS;
        loop {
            // Nobody notifies: this is a pause that ends with its time.
            let _ = timeout(pause, std::future::pending::<()>()).await;
            if let Some(news) = self.look(under_way(), Instant::now()) {
                return news;
            }
        }
    }

    /// Makes news known to those who wait, and to those who will ask.
    pub fn announce(&self, news: DiskNews) {
        let is_silent = matches!(news, DiskNews::FallsSilent(_));
        self.silent.send_replace(is_silent);
    }

    /// Takes note of the append that is under way.
    fn look(&self, under_way: Option<u64>, now: Instant) -> Option<DiskNews> {
        let was_silent = *self.silent.borrow();
        let mut seen = self.seen.lock();
        match *seen {
            Some((append, since)) if under_way == Some(append) => {
                let silence = now.saturating_duration_since(since);
                let news = silence >= self.patience && !was_silent;
                news.then_some(DiskNews::FallsSilent(silence))
            }
            before => {
                *seen = under_way.map(|append| (append, now));
                let (_, since) = before.filter(|_| was_silent)?;
                Some(DiskNews::AnswersAfter(now.saturating_duration_since(since)))
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
        let silent = DiskNews::FallsSilent(Duration::from_secs(5));
        assert_eq!(watch.look(Some(99), at(16)), Some(silent));
        watch.silent.send_replace(true);
        assert_eq!(watch.look(Some(99), at(20)), None);
        let again = DiskNews::AnswersAfter(Duration::from_secs(10));
        assert_eq!(watch.look(Some(101), at(21)), Some(again));
        watch.silent.send_replace(false);
        assert_eq!(watch.silence(), None);
        assert_eq!(watch.look(None, at(22)), None);
    }
}
