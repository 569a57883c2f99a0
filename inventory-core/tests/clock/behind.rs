//! A clock that is set back.

use inventory_core::engine::Settings;
use inventory_core::machine::{Rejection, ReservationState};
use inventory_core::vocabulary::{Span, Timestamp};

use crate::world::{MINUTE, SECOND, World, YEAR, at, commit, hold};

/// Time once stood still until the clock had come to where the log was: a hold of a minute was open for years.
#[test]
fn a_reservation_ends_by_real_time_though_the_clock_was_set_back_by_years() {
    for restarts in [false, true] {
        let mut world = World::new();
        world.done("hold", hold("cart", 60));
        world.clock.leap_to(Timestamp::UNIX_EPOCH);
        if restarts {
            world.reopen(Settings::default()).unwrap();
        }
        world.watch(MINUTE);
        assert_eq!(world.state("cart"), ReservationState::Open);
        world.watch(1);
        assert_eq!(world.state("cart"), ReservationState::Expired);
        assert_eq!(world.engine.reader().head().recorded_at, at(MINUTE + 1));
        world.done("again", hold("another", 1));
        world.watch(SECOND + 1);
        let late = world.ask("commit", commit("another")).unwrap();
        assert!(matches!(late, Err(Rejection::ReservationEnded { .. })));
    }
}

#[test]
fn how_far_the_clock_is_behind_is_said_until_it_has_come_there() {
    let world = World::new();
    world.watch(3 * MINUTE);
    assert_eq!(world.time().behind, Span::ZERO);
    world.clock.leap_to(at(MINUTE));
    assert_eq!(world.time().behind, Span::from_millis(2 * MINUTE));
    world.watch(MINUTE);
    assert_eq!(world.time().behind, Span::from_millis(2 * MINUTE));
    world.clock.leap_to(at(4 * MINUTE));
    assert_eq!(world.time().behind, Span::ZERO);
}

#[test]
fn keys_age_though_the_clock_stands_still() {
    let mut world = World::new();
    world.sell("basket");
    world.clock.leap_to(at(0));
    world.clock.stand_millis(6 * 24 * 60 * MINUTE);
    assert!(world.sell("basket"));
    world.clock.stand_millis(2 * 24 * 60 * MINUTE);
    world.sell("another");
    assert!(!world.sell("basket"), "it is older than seven days");
}

#[test]
fn a_clock_that_was_put_right_is_right_at_once() {
    let mut world = World::new();
    world.clock.leap_to(Timestamp::UNIX_EPOCH);
    world.sell("basket");
    world.clock.leap_to(at(0));
    assert_eq!(world.time().leap, None);
    world.leap(2 * YEAR);
    world.refused("late");
}
