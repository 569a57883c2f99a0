//! Reads a log page by page, ahead of whoever follows it.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use super::OpenError;
use super::settings::LIMITS;
use crate::machine::Entry;
use crate::ports::LogReader;
use crate::vocabulary::Sequence;

type Page = Result<Vec<Arc<Entry>>, OpenError>;

/// The pages between two positions. Ends with an empty page when the log ends early, and with the first error.
struct Pages<'a> {
    reader: &'a dyn LogReader,
    after: Sequence,
    end: Sequence,
}

impl Iterator for Pages<'_> {
    type Item = Page;

    fn next(&mut self) -> Option<Page> {
        if self.after >= self.end {
            return None;
        }
        let page = self
            .reader
            .read(self.after, LIMITS.recovery_page_events)
            .map_err(OpenError::Log);
        let last = page.as_ref().ok().and_then(|page| page.last());
        self.after = last.map_or(self.end, |entry| entry.last());
        Some(page)
    }
}

/// Hands the entries from `after` to `end` to `follow`, page by page.
///
/// Reading and decoding a log takes about as long as following it. Where there is more than a page of it, both are done
/// at once, on two threads.
///
/// # Errors
///
/// The first error of reading or following; nothing is handed over after it.
pub(super) fn for_each_page(
    reader: &dyn LogReader,
    after: Sequence,
    end: Sequence,
    mut follow: impl FnMut(Vec<Arc<Entry>>) -> Result<(), OpenError>,
) -> Result<(), OpenError> {
    let mut pages = Pages { reader, after, end };
    if end.events_since(after) <= LIMITS.recovery_page_events as u64 {
        return pages.try_for_each(|page| follow(page?));
    }
    thread::scope(|scope| {
        let (hand_over, taken) = sync_channel(LIMITS.recovery_pages_ahead);
        scope.spawn(move || {
            // Whoever follows has gone when a page cannot be handed over.
            pages.try_for_each(|page| hand_over.send(page).ok())
        });
        taken.into_iter().try_for_each(|page| follow(page?))
    })
}
