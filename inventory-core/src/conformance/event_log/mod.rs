//! The contract of [`EventLog`](crate::ports::EventLog) and [`LogReader`](crate::ports::LogReader).

mod append;
mod failure;
mod harness;
mod page;
mod retention;
mod rivals;
mod searches;

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
pub use harness::{Fault, Harness};
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
    a_filtered_search_finds_what_reading_the_whole_log_finds,
    a_search_for_a_time_finds_what_reading_the_whole_log_finds,
    a_search_for_an_extent_finds_what_reading_the_whole_log_finds,
    a_search_for_first_touches_finds_what_reading_the_whole_log_finds,
    a_search_for_last_touches_finds_what_reading_the_whole_log_finds,
    a_search_that_nobody_waits_for_ends,
};

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
    a_filtered_search_finds_what_reading_the_whole_log_finds
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
