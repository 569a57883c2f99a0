//! A run of the crash simulation: a chain of lives on one disk.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::customers::Customers;
use super::mishaps::{arm, cut};
use super::{Check, Choices, Progress, Setup, Situation, Tally, Violation, World, loss};
use crate::testing::Fault;

/// Lives of one run: enough for a snapshot, a purge and a recovery across both, few enough that a failure is short.
const LIVES: u64 = 10;

/// How often a recovery is interrupted at most before it is left alone.
const INTERRUPTIONS_MAX: u64 = 3;

/// Lives through what the choices decide.
///
/// # Errors
///
/// A promise was broken; the same choices break it again.
pub fn run(choices: &mut Choices) -> Result<Tally, Violation> {
    catch_unwind(AssertUnwindSafe(|| lives(choices))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(Violation::new(
            Check::NothingPanics,
            text.unwrap_or("something panicked"),
        ))
    })
}

fn lives(choices: &mut Choices) -> Result<Tally, Violation> {
    let setup = Setup::draw(choices);
    let mut world = World::new(choices.seed(), setup);
    let mut customers = Customers::default();
    for _ in 0..LIVES {
        recover(&mut world, choices)?;
        live(&mut world, &mut customers, choices)?;
        end(&mut world, choices);
        if choices.are_exhausted() {
            break;
        }
    }
    recover(&mut world, choices)?;
    if choices.once_in(3) {
        loss::lose(&mut world, &mut customers, choices)?;
    }
    Ok(world.tally().clone())
}

/// Starts, interrupted a few times at most.
fn recover(world: &mut World, choices: &mut Choices) -> Result<(), Violation> {
    world.set_full(choices.once_in(8));
    let interruptions = if choices.once_in(4) {
        1 + choices.below(INTERRUPTIONS_MAX)
    } else {
        0
    };
    let power = choices.below(2) == 0;
    // What can be read and is not on the disk may be lost in the middle; anything else must not make a difference.
    let comparable = interruptions > 0 && (!power || world.power_was_cut);
    let undisturbed = comparable.then(|| world.fork());
    let mut interrupted = 0;
    while interrupted < interruptions {
        let fault = choices.of(&[
            Fault::Crash,
            Fault::Crash,
            Fault::Eio,
            Fault::SyncLosesPages,
            Fault::Short,
        ]);
        world.arm(None, 1 + choices.below(40), fault);
        if world.open()? == Progress::Running {
            break;
        }
        interrupted += 1;
        world.tally.saw(Situation::RecoveryInterrupted);
        world
            .tally
            .saw_if(interrupted == 2, Situation::RecoveryInterruptedAgain);
        if power {
            cut(world, choices)
        } else {
            world.kill()
        }
    }
    if interrupted == interruptions {
        world.open()?;
    }
    match undisturbed {
        Some(undisturbed) if interrupted > 0 => compare(world, undisturbed),
        Some(_) | None => Ok(()),
    }
}

/// An interrupted recovery must come to the same end as one that was left alone.
fn compare(world: &World, mut undisturbed: World) -> Result<(), Violation> {
    undisturbed.open()?;
    let end = |world: &World| {
        let letters = world.witness().letters().iter();
        let letters: Vec<_> = letters
            .map(|letter| (letter.id.clone(), letter.content.clone()))
            .collect();
        (world.witness().head(), letters)
    };
    let (found, expected) = (end(world), end(&undisturbed));
    match found == expected {
        true => Ok(()),
        false => Err(Violation::new(
            Check::RecoveryIsRepeatable,
            format!("{found:?} instead of {expected:?}"),
        )),
    }
}

/// Works for a while, under faults or not.
fn live(
    world: &mut World,
    customers: &mut Customers,
    choices: &mut Choices,
) -> Result<(), Violation> {
    if world.submit(&customers.repeated(choices))? == Progress::Stopped {
        return Ok(());
    }
    if choices.once_in(24) && world.poison(choices)? == Progress::Stopped {
        return Ok(());
    }
    for _ in 0..choices.of(&[0, 1, 1, 2]) {
        arm(world, choices);
    }
    if choices.once_in(12) {
        world.panic_at(1 + choices.below(9));
    }
    for _ in 0..choices.below(8) {
        if step(world, customers, choices)? == Progress::Stopped {
            break;
        }
    }
    Ok(())
}

fn step(
    world: &mut World,
    customers: &mut Customers,
    choices: &mut Choices,
) -> Result<Progress, Violation> {
    match choices.below(18) {
        17 => {
            let group = customers.group(choices, world.witness());
            return world.save_beside(1 + choices.below(8), group);
        }
        16 => world.rival()?,
        0 | 1 => world.save(),
        2 => {
            tick(world, choices);
            if choices.below(2) == 0 {
                // Reservations expire whether anybody asks or not.
                return world.submit(&[]);
            }
        }
        3 => world.set_full(choices.below(2) == 0),
        _ => {
            let group = customers.group(choices, world.witness());
            return world.submit(&group);
        }
    }
    Ok(Progress::Running)
}

/// Mostly time passes; now and then somebody sets the clock, by hours, days and years.
fn tick(world: &mut World, choices: &mut Choices) {
    const HOUR_MS: i64 = 3_600_000;
    match choices.below(8) {
        0 => {
            let hours = choices.of(&[1, 2, 23, 200, 20_000]);
            world.leap(hours * HOUR_MS + choices.of(&[0, 1]));
        }
        1 => world.leap(choices.of(&[-300, -HOUR_MS, -20_000 * HOUR_MS])),
        2 => world.stand(choices.of(&[300, 70_000])),
        3 => world.put_clock_right(),
        _ => world.pass(choices.of(&[1, 1_000, 20_000, 70_000])),
    }
}

fn end(world: &mut World, choices: &mut Choices) {
    match choices.below(8) {
        0 => {
            world.close();
            // The lights may go out right after.
            if choices.below(2) == 0 {
                cut(world, choices);
            }
        }
        1 | 2 => world.kill(),
        _ => cut(world, choices),
    }
}
