//! Mishaps of a simulation: what happens to a disk.

use super::{Choices, World};
use crate::testing::{Call, Fault};

/// Arms a fault, of one kind of call or of any.
pub(super) fn arm(world: &mut World, choices: &mut Choices) {
    let fault = choices.of(&[
        Fault::Crash,
        Fault::Crash,
        Fault::Eio,
        Fault::SyncLosesPages,
        Fault::NoSpace,
        Fault::ShortThenNoSpace,
        Fault::NoDescriptors,
        Fault::Short,
    ]);
    // A kind of call that is rare would hardly ever be hit by a number among all calls.
    let on = match choices.below(3) {
        0 => None,
        1 => Some(choices.of(&[Call::Write, Call::Sync])),
        _ => Some(choices.of(&Call::ALL)),
    };
    let nth = match on {
        None => 1 + choices.below(48),
        Some(_) => 1 + choices.below(6),
    };
    world.arm(on, nth, fault);
}

/// Cuts the power, and keeps some of what was not synced.
pub(super) fn cut(world: &mut World, choices: &mut Choices) {
    let units = world.disk().units().clamp(1, 256);
    let odd = choices.below(units as u64) as usize;
    let mut dice = fastrand::Rng::with_seed(choices.seed());
    match choices.below(6) {
        0 => world.cut_power(|_| true),
        1 => world.cut_power(|_| false),
        2 => world.cut_power(|unit| unit == odd),
        3 => world.cut_power(|unit| unit != odd),
        _ => world.cut_power(|_| dice.bool()),
    }
}
