//! What a start makes of its clock, when nothing is known of the time since the last entry.

use inventory_core::engine::{Awaits, OpenError, Settings};
use inventory_core::memory::MemoryStorage;
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::{Span, Timestamp};

use crate::world::{DAY, World, YEAR, at, open};

#[test]
fn a_log_without_entries_has_no_past_and_takes_the_clock_as_it_is() {
    let clock = ManualClock::at(at(900 * YEAR));
    let storage = MemoryStorage::new();
    let opened = open(&storage, &clock, Settings::default()).unwrap();
    let time = || opened.engine.reader().time();
    assert_eq!(time().now, at(900 * YEAR));
    // The network comes up, and puts it right before anybody has asked for anything.
    clock.leap_to(at(0));
    assert_eq!((time().now, time().behind), (at(0), Span::ZERO));
    clock.leap_to(at(DAY));
    assert_eq!((time().now, time().leap), (at(DAY), None));
}

#[test]
fn a_year_without_an_engine_is_believed_and_more_is_not() {
    let mut world = World::new();
    world.clock.leap_to(at(YEAR));
    world.reopen(Settings::default()).unwrap();
    assert_eq!(world.time().now, at(YEAR));

    world.clock.leap_to(at(YEAR + 1));
    let Err(OpenError::ClockAhead(leap)) = world.reopen(Settings::default()) else {
        panic!("it is too far ahead of the log");
    };
    assert_eq!(leap.ahead, Span::from_millis(YEAR + 1));
    assert_eq!((leap.clock, leap.awaits), (at(YEAR + 1), Awaits::Operator));
    let said = OpenError::ClockAhead(leap);
    assert!(!said.is_damage());
    assert!(said.to_string().contains("2027-01-01"), "{said}");
}

#[test]
fn a_time_that_an_operator_names_is_believed_within_a_day_of_it() {
    for (named, believed) in [
        (3 * YEAR, true),
        (3 * YEAR - DAY, true),
        (3 * YEAR + DAY, true),
        (3 * YEAR - DAY - 1, false),
        (3 * YEAR + DAY + 1, false),
        (0, false),
    ] {
        let mut world = World::new();
        world.clock.leap_to(at(3 * YEAR));
        let settings = Settings::default().with_accept_time(Some(at(named)));
        assert_eq!(world.reopen(settings).is_ok(), believed, "{named}");
    }
}

#[test]
fn a_start_with_a_clock_that_is_behind_goes_on_from_the_log() {
    let mut world = World::new();
    world.clock.leap_to(Timestamp::UNIX_EPOCH);
    world.reopen(Settings::default()).unwrap();
    assert_eq!(world.time().now, at(0));
    assert_eq!(world.time().behind, Span::from_millis(at(0).millis()));
}
