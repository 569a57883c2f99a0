//! What a log keeps of a group that it has written.

use std::sync::Arc;

use inventory_core::conformance::{History, adjust};
use inventory_core::machine::Request;
use inventory_core::ports::EventLog;
use inventory_core::testing::ManualClock;

use super::group::BYTES_KEPT;
use crate::file::{FileOptions, open_on};
use crate::testing::SimDisk;

#[test]
fn what_a_large_group_needed_is_given_back() {
    let (disk, clock) = (Arc::new(SimDisk::new(3)), ManualClock::default());
    let files = open_on(disk, &clock, FileOptions::default());
    let (mut log, mut history) = (files.unwrap().log, History::new());
    let mut append = |lines: usize| {
        let line = |at| adjust(&format!("product-{at}"), "north", 1);
        let request = Request::unkeyed((0..lines).map(line).collect()).unwrap();
        let entries = [history.write(&request)];
        log.append(log.head().sequence, &entries).unwrap();
        (log.head().sequence, log.group.bytes.capacity())
    };
    let (first, small) = append(1);
    let (second, large) = append(10_000);
    assert_eq!(second.events_since(first), 10_000, "it is written");
    assert!(small > 0 && small <= BYTES_KEPT, "{small}");
    assert!(large <= BYTES_KEPT, "{large}");
    // What is refused for want of room is as large.
    assert_eq!(append(1).1, large);
}
