//! Data loss, the last lives of a run: acknowledged data is lost, and people continue with what is left.

use inventory_core::engine::Recovery;
use inventory_core::machine::{Adjust, Basis, Command, Count, Guard, Request};
use inventory_core::vocabulary::{Adjustment, Quantity};

use super::customers::Customers;
use super::mishaps::{arm, cut};
use super::violation::ensure;
use super::{Check, Choices, Progress, Situation, Violation, World};
use crate::testing::Fault;

/// Lives of the engine after the loss.
const LIVES: u64 = 3;

/// How often the start with what is left is interrupted at most.
const INTERRUPTIONS_MAX: u64 = 2;

/// Loses something, unless nothing is there to lose, and goes on.
///
/// # Errors
///
/// A promise was broken.
pub(super) fn lose(
    world: &mut World,
    customers: &mut Customers,
    choices: &mut Choices,
) -> Result<(), Violation> {
    // What nobody has done moves no units that are really there.
    if world.witness().has_poison() {
        return Ok(());
    }
    let Some(wound) = world.wound(choices)? else {
        return Ok(());
    };
    world.put_clock_right();
    world.refuses(&wound)?;
    world.set_recovery(Recovery::Quarantine);
    salvage(world, choices)?;
    world.set_recovery(choices.of(&[Recovery::Strict, Recovery::Quarantine]));
    for life in 0..LIVES {
        if life > 0 {
            ensure(
                world.salvage()? == Progress::Running,
                Check::HealthyDiskIsOpened,
                || "it does not start".to_owned(),
            )?;
        }
        live(world, customers, choices)?;
        match choices.below(3) {
            0 => world.close(),
            1 => world.kill(),
            _ => cut(world, choices),
        }
        world
            .tally
            .saw_if(world.power_was_cut, Situation::CrashedAfterLoss);
    }
    world.salvage()?;
    Ok(())
}

/// Starts with what is left, interrupted or not.
fn salvage(world: &mut World, choices: &mut Choices) -> Result<(), Violation> {
    let mut undisturbed = world.fork();
    undisturbed.salvage()?;
    world.tally.add(undisturbed.tally());
    let interruptions = match choices.below(2) {
        0 => 0,
        _ => 1 + choices.below(INTERRUPTIONS_MAX),
    };
    for _ in 0..interruptions {
        let fault = choices.of(&[Fault::Crash, Fault::Crash, Fault::Eio, Fault::Short]);
        world.arm(None, 1 + choices.below(120), fault);
        if world.salvage_again(&undisturbed)? == Progress::Running {
            return Ok(());
        }
        world.tally.saw(Situation::SalvageInterrupted);
        match choices.below(2) {
            0 => world.kill(),
            _ => cut(world, choices),
        }
    }
    let progress = world.salvage_again(&undisturbed)?;
    ensure(
        progress == Progress::Running,
        Check::HealthyDiskIsOpened,
        || "it does not start with what is left".to_owned(),
    )
}

fn live(
    world: &mut World,
    customers: &mut Customers,
    choices: &mut Choices,
) -> Result<(), Violation> {
    if world.ask(&customers.repeated(choices))? == Progress::Stopped {
        return Ok(());
    }
    if choices.below(2) == 0 {
        arm(world, choices);
    }
    for _ in 0..choices.below(10) {
        let group = match choices.below(8) {
            0 => {
                world.save();
                continue;
            }
            1 => {
                world.pass(choices.of(&[1, 1_000, 20_000, 70_000]));
                continue;
            }
            2 | 3 => stocktaking(world, choices),
            4 | 5 => sold_out(world),
            _ => customers.group(choices, world.witness()),
        };
        if world.ask(&group)? == Progress::Stopped {
            break;
        }
    }
    Ok(())
}

/// People count all that they know of, or some of it, and say what is really there.
fn stocktaking(world: &World, choices: &mut Choices) -> Vec<Request> {
    let aftermath = world.aftermath.as_ref().expect("something was lost");
    let found = aftermath
        .found()
        .into_iter()
        .filter_map(|(product, store, units)| {
            let count = Count {
                product: product.clone(),
                store: store.clone(),
                counted: Quantity::new(units).expect("no more came in"),
                basis: Basis::Now(Guard::Unguarded),
                release_holds: true,
            };
            (!choices.once_in(4)).then(|| one(count.into()))
        });
    found.collect()
}

/// People sell all that is there, and one more.
fn sold_out(world: &World) -> Vec<Request> {
    let aftermath = world.aftermath.as_ref().expect("something was lost");
    let sales = aftermath
        .found()
        .into_iter()
        .flat_map(|(product, store, units)| {
            let sale = |units: u64| {
                let delta = -i64::try_from(units).expect("no more came in");
                one(Command::Adjust(Adjust {
                    product: product.clone(),
                    store: store.clone(),
                    delta: Adjustment::new(delta).expect("some are sold"),
                    guard: Guard::Unguarded,
                }))
            };
            let all = (units > 0).then(|| sale(units));
            all.into_iter().chain([sale(1)])
        });
    sales.collect()
}

fn one(command: Command) -> Request {
    Request::unkeyed(vec![command]).expect("a request has lines")
}
