//! Expires reservations while no requests arrive.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::part::Part;
use crate::writer::Writer;

/// How often the deadlines are looked at.
const LOOK: Duration = Duration::from_millis(25);

/// How long nothing is tried after storage has failed: a full disk is not filled up by attempts.
const REST: Duration = Duration::from_secs(1);

/// Starts to look after the deadlines.
pub(super) fn start(writer: Arc<Writer>) -> io::Result<Part> {
    Part::start("inventory-deadlines", LOOK, move |is_last| {
        // What is due at the end ends with the next start.
        if is_last {
            LOOK
        } else {
            end_what_is_due(&writer)
        }
    })
}

/// Lets end what is due, a portion with each submission, so that no sale waits for thousands of them.
fn end_what_is_due(writer: &Writer) -> Duration {
    let reader = writer.reader();
    while reader.is_overdue() {
        let before = reader.head().sequence;
        // The observer has been told why.
        let failed = writer.submit_and_wait(Vec::new()).is_err();
        // A portion that ends nothing will end nothing the next time either.
        if failed || reader.head().sequence == before {
            return REST;
        }
    }
    LOOK
}
