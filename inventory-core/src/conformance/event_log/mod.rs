//! The contract of [`EventLog`] and [`LogReader`].

mod append;
mod failure;
mod page;
mod retention;
mod rivals;
mod searches;

use std::sync::Arc;

pub use append::{
    an_entry_is_read_back_as_it_was_appended,
    append_after_wrong_head_is_a_conflict_and_writes_nothing,
    append_makes_all_entries_durable_in_order,
    opened_again_the_log_has_the_epoch_the_head_and_the_entries_that_it_had,
};
pub use failure::{
    after_not_written_the_log_is_as_it_was_and_takes_a_later_append,
    after_outcome_unknown_every_further_append_fails_with_it,
    after_outcome_unknown_the_next_open_finds_whole_entries_from_the_first,
    an_entry_is_not_readable_before_it_is_durable,
};
pub use page::{
    a_page_begins_with_the_entry_that_holds_the_next_position,
    a_page_has_whole_entries_until_its_limit_is_reached, a_reader_sees_what_is_appended_later,
};
pub use retention::{
    after_restart_the_log_is_empty_above_the_head_and_takes_an_append_there,
    purge_keeps_every_position_above_through, purge_keeps_the_head,
    reading_what_was_purged_says_so, restarting_twice_is_restarting_once,
};
pub use rivals::{
    rivals_that_append_until_each_has_won_leave_a_whole_log, two_engines_cannot_both_succeed,
};
pub use searches::{
    a_search_for_a_time_finds_what_reading_the_whole_log_finds,
    a_search_for_a_trail_finds_what_reading_the_whole_log_finds,
    a_search_for_an_extent_finds_what_reading_the_whole_log_finds,
    a_search_for_first_touches_finds_what_reading_the_whole_log_finds,
    a_search_for_last_touches_finds_what_reading_the_whole_log_finds,
    a_search_that_nobody_waits_for_ends,
};

use crate::machine::Entry;
use crate::ports::{EventLog, LogReader};
use crate::vocabulary::Sequence;

/// How an append is made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// With [`AppendError::NotWritten`](crate::ports::AppendError), as on a full disk.
    NotWritten,
    /// With [`AppendError::OutcomeUnknown`](crate::ports::AppendError), as when a sync fails.
    OutcomeUnknown,
}

/// Sets a log up for the suite. Its storage is its own, empty at first, and goes when the harness is dropped.
pub trait Harness: Sync {
    /// Opens the log; again, once what was opened before is dropped.
    fn open(&self) -> Box<dyn EventLog>;

    /// Opens the log while another handle is open, if the adapter can; the default is that a lock forbids it.
    fn open_beside(&self) -> Option<Box<dyn EventLog>> {
        None
    }

    /// Lets the next append fail. Returns whether the adapter can be made to; the default is that it cannot.
    fn fail_next_append(&self, fault: Fault) -> bool {
        let _ = fault;
        false
    }
}

suite!($ event_log_conformance, event_log, [
    append_makes_all_entries_durable_in_order
    append_after_wrong_head_is_a_conflict_and_writes_nothing
    two_engines_cannot_both_succeed
    rivals_that_append_until_each_has_won_leave_a_whole_log
    after_not_written_the_log_is_as_it_was_and_takes_a_later_append
    after_outcome_unknown_every_further_append_fails_with_it
    after_outcome_unknown_the_next_open_finds_whole_entries_from_the_first
    an_entry_is_read_back_as_it_was_appended
    an_entry_is_not_readable_before_it_is_durable
    a_page_begins_with_the_entry_that_holds_the_next_position
    a_page_has_whole_entries_until_its_limit_is_reached
    a_reader_sees_what_is_appended_later
    a_search_for_a_time_finds_what_reading_the_whole_log_finds
    a_search_for_a_trail_finds_what_reading_the_whole_log_finds
    a_search_for_last_touches_finds_what_reading_the_whole_log_finds
    a_search_for_first_touches_finds_what_reading_the_whole_log_finds
    a_search_for_an_extent_finds_what_reading_the_whole_log_finds
    a_search_that_nobody_waits_for_ends
    purge_keeps_every_position_above_through
    purge_keeps_the_head
    reading_what_was_purged_says_so
    after_restart_the_log_is_empty_above_the_head_and_takes_an_append_there
    restarting_twice_is_restarting_once
    opened_again_the_log_has_the_epoch_the_head_and_the_entries_that_it_had
]);

fn append(log: &mut dyn EventLog, entries: &[Arc<Entry>]) {
    let expected = log.head().sequence;
    log.append(expected, entries)
        .expect("healthy storage takes an append at the head");
}

/// Everything after a position, page by page.
fn read_all(reader: &dyn LogReader, after: Sequence) -> Vec<Arc<Entry>> {
    let mut entries: Vec<Arc<Entry>> = Vec::new();
    loop {
        let position = entries.last().map_or(after, |last| last.last());
        let page = reader.read(position, 5).expect("healthy storage reads");
        let Some(last) = page.last() else {
            return entries;
        };
        assert!(last.last() > position, "a page moves on from {position}");
        entries.extend(page);
    }
}

fn contents(log: &dyn EventLog) -> Vec<Arc<Entry>> {
    read_all(&*log.reader(), Sequence::START)
}
