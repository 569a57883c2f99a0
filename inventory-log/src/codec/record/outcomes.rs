//! Row outcomes: what became of each line of a request, as a record has it.

use inventory_core::machine::RowOutcome;

use crate::codec::text::Cursor;

/// The names up to the end of the list, in the form that the encoder writes.
pub(super) fn canonical_outcomes(cursor: &mut Cursor<'_>) -> Option<Box<[RowOutcome]>> {
    let mut outcomes = Vec::new();
    loop {
        cursor.pass("\"")?;
        outcomes.push(cursor.string()?.parse().ok()?);
        match cursor.pass(",") {
            Some(()) => {}
            None => break,
        }
    }
    cursor.pass("]")?;
    Some(outcomes.into())
}

/// Whether outcomes may stand beside so many events: each line that was not skipped has written one, or more, and a request
/// whose lines all were has written one that says so.
pub(crate) fn outcomes_fit(outcomes: &[RowOutcome], events: usize) -> bool {
    let written = outcomes.iter().filter(|outcome| !outcome.is_skipped());
    match written.count() {
        0 => outcomes.is_empty() || events == 1,
        written => written <= events,
    }
}
