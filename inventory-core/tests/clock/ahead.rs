//! A clock that leaps ahead while the engine runs.

use inventory_core::engine::{Awaits, Settings};
use inventory_core::machine::ReservationState;
use inventory_core::vocabulary::Span;

use crate::world::{DAY, HOUR, MINUTE, SECOND, World, at, commit, hold};

/// The clock was once believed without limit: one write eight days ahead dropped every key, so that a retry was applied
/// again, ended every reservation, and then time stood still for eight days.
#[test]
fn a_clock_eight_days_ahead_for_one_write_changes_nothing() {
    let mut world = World::new();
    world.done("hold", hold("cart", 60));
    assert!(!world.sell("basket"));
    world.leap(8 * DAY);
    assert_eq!(world.refused("late basket"), Span::from_millis(8 * DAY));
    world.clock.leap_to(at(0));
    world.watch(SECOND);
    assert!(world.sell("basket"), "the retry gets the first answer");
    assert_eq!(world.state("cart"), ReservationState::Open);
    assert_eq!(world.engine.reader().head().recorded_at, at(0));
    world.watch(MINUTE - SECOND);
    assert_eq!(world.state("cart"), ReservationState::Open);
    world.watch(1);
    assert_eq!(world.state("cart"), ReservationState::Expired);
    assert_eq!(world.available(), 9);
}

#[test]
fn a_glitch_of_less_than_an_hour_ends_no_reservation_and_refuses_nobody() {
    let mut world = World::new();
    world.done("hold", hold("cart", 60));
    world.leap(59 * MINUTE);
    assert_eq!(world.state("cart"), ReservationState::Open);
    assert!(!world.sell("basket"));
    assert_eq!(world.engine.reader().head().recorded_at, at(0));
    world.watch(30 * SECOND);
    assert_eq!(world.state("cart"), ReservationState::Open);
    world.clock.leap_to(at(30 * SECOND));
    world.watch(30 * SECOND);
    assert_eq!(world.state("cart"), ReservationState::Open);
    world.done("commit", commit("cart"));
}

#[test]
fn what_has_stood_for_a_minute_is_believed_within_a_day() {
    for ahead in [MINUTE, 59 * MINUTE, 2 * HOUR, DAY] {
        let mut world = World::new();
        world.leap(ahead);
        world.time();
        world.watch(MINUTE - 1);
        let leap = world.time().leap.unwrap();
        assert_eq!(leap.awaits, Awaits::Standing(Span::from_millis(1)));
        assert_eq!(leap.is_refused(), ahead > HOUR);
        world.watch(1);
        assert_eq!(world.time().leap, None, "{ahead}");
        world.sell("basket");
        let recorded_at = world.engine.reader().head().recorded_at;
        assert_eq!(recorded_at, at(ahead + MINUTE));
    }
}

#[test]
fn a_clock_that_shows_another_time_each_second_is_not_believed() {
    let mut world = World::new();
    for second in 1..=600 {
        world.watch(SECOND);
        let wild = [2 * HOUR, 5 * HOUR, 3 * HOUR][second % 3];
        world.clock.leap_to(at(second as u64 * SECOND + wild));
        world.refused("basket");
        world.clock.leap_to(at(second as u64 * SECOND));
        assert_eq!(world.time().leap, None);
    }
    world.sell("basket");
    assert_eq!(world.engine.reader().head().recorded_at, at(600 * SECOND));
}

#[test]
fn beyond_a_day_an_operator_has_to_accept_it() {
    let mut world = World::new();
    world.leap(DAY + 1);
    world.time();
    world.watch(2 * HOUR);
    let leap = world.time().leap.unwrap();
    assert_eq!(leap.awaits, Awaits::Operator);
    assert_eq!(world.refused("basket"), Span::from_millis(DAY + 1));
    // Had it been accepted before, a minute would have been enough.
    let accepted = Settings::default().with_accept_time(Some(at(9 * DAY)));
    world.clock.leap_to(at(3 * HOUR));
    world.reopen(accepted).unwrap();
    world.leap(9 * DAY);
    world.refused("basket");
    world.watch(MINUTE);
    assert!(!world.sell("basket"));
    world.leap(9 * DAY);
    world.refused("another");
    world.watch(HOUR);
    assert_eq!(world.time().leap.unwrap().awaits, Awaits::Operator);
}

#[test]
fn by_small_leaps_a_clock_gains_no_more_than_a_day_a_day() {
    let world = World::new();
    let (mut passed, mut steps) = (0, 0);
    while passed < DAY {
        world.leap(59 * MINUTE);
        world.time();
        world.watch(2 * MINUTE);
        passed += 2 * MINUTE;
        steps += 1;
        let gained = world.time().now.millis_since(at(passed));
        assert!(gained <= DAY + passed, "{steps} leaps in {passed} ms");
    }
    assert!(steps > 50);
}

#[test]
fn what_a_suspended_machine_has_slept_through_is_believed_at_once() {
    let mut world = World::new();
    world.done("hold", hold("cart", 60));
    world.clock.advance_millis(40 * DAY);
    assert_eq!(world.time().leap, None);
    assert_eq!(world.state("cart"), ReservationState::Expired);
    assert!(!world.sell("basket"));
    assert_eq!(world.engine.reader().head().recorded_at, at(40 * DAY));
}
