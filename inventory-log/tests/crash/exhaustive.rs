//! Exhaustive crashes of small workloads: every fault at every call, every end of the process, and every subset of what was
//! not synced.

use inventory_core::conformance::{adjust, count};
use inventory_core::machine::{Adjust, Command, Guard, Hold, Receive, Request, Ship};
use inventory_core::vocabulary::{Adjustment, Ttl, Units, Version};
use inventory_log::testing::simulation::{Progress, Setup, Violation, World};
use inventory_log::testing::{Call, Fault};

/// Subsets of more units than these are drawn instead of listed.
const UNITS_MAX: usize = 12;

/// One thing that a program does.
enum Step {
    Submit(Vec<Request>),
    Save,
    /// Milliseconds pass.
    Wait(u64),
}

fn request(key: &str, lines: Vec<Command>) -> Request {
    let key = key.parse().expect("the key is plain text");
    Request::new(key, lines).expect("a request has lines")
}

fn guarded(product: &str, delta: i64, version: u64) -> Command {
    Command::Adjust(Adjust {
        product: product.parse().expect("the name is plain text"),
        store: "north".parse().expect("the name is plain text"),
        delta: Adjustment::new(delta).expect("a few units, not zero"),
        guard: Guard::At(Version::new(version).expect("a small version")),
    })
}

/// The second request is refused for what the first one does, and says so.
fn delivery() -> Step {
    Step::Submit(vec![
        request(
            "a",
            vec![adjust("tea", "north", 5), adjust("rice", "south", 3)],
        ),
        request("b", vec![guarded("tea", -1, 0)]),
        request("c", vec![guarded("tea", -2, 1), adjust("tea", "south", 1)]),
    ])
}

/// One request that is repeated in the same group, and one that is refused.
fn sale() -> Step {
    Step::Submit(vec![
        request("d", vec![adjust("tea", "north", -1)]),
        request("d", vec![adjust("tea", "north", -1)]),
        request("e", vec![adjust("rice", "south", -9)]),
    ])
}

fn stocktaking() -> Step {
    Step::Submit(vec![request(
        "f",
        vec![count("tea", "north", 7), count("rice", "north", 1)],
    )])
}

/// Units for a second, and units on their way.
fn promises() -> Step {
    let hold = Hold {
        reservation: "basket".parse().expect("the name is plain text"),
        product: "tea".parse().expect("the name is plain text"),
        store: "north".parse().expect("the name is plain text"),
        quantity: Units::new(2).expect("two are some"),
        ttl: Ttl::new(1).expect("a second"),
    };
    let ship = Ship {
        transfer: "van".parse().expect("the name is plain text"),
        source: "south".parse().expect("the name is plain text"),
        destination: "north".parse().expect("the name is plain text"),
        product: "rice".parse().expect("the name is plain text"),
        quantity: Units::new(3).expect("three are some"),
    };
    Step::Submit(vec![
        request("g", vec![hold.into()]),
        request("h", vec![ship.into()]),
    ])
}

/// What arrives comes after what has expired.
fn arrival() -> Step {
    let receive = Receive {
        transfer: "van".parse().expect("the name is plain text"),
        lines: None,
    };
    Step::Submit(vec![request("i", vec![receive.into()])])
}

/// The last two seal, save and purge.
fn workloads() -> Vec<Vec<Step>> {
    vec![
        vec![delivery()],
        vec![delivery(), sale()],
        vec![delivery(), Step::Save, sale(), Step::Save, stocktaking()],
        vec![
            delivery(),
            promises(),
            Step::Save,
            Step::Wait(1_001),
            arrival(),
            Step::Save,
        ],
    ]
}

/// What a life leaves behind into which a fault has struck at its `nth` call; `None` when it makes fewer calls.
fn life(steps: &[Step], nth: u64, fault: Fault) -> Result<Option<World>, Violation> {
    let mut world = World::new(nth, Setup::default());
    world.arm(None, nth, fault);
    let mut progress = world.open()?;
    for step in steps {
        match step {
            _ if progress == Progress::Stopped => break,
            Step::Submit(group) => progress = world.submit(group)?,
            Step::Save => world.save(),
            Step::Wait(millis) => world.pass(*millis),
        }
    }
    Ok((world.struck() > 0).then(|| world.fork()))
}

/// Starts again, sends every request again, and goes on, which the next start must find.
fn check(mut world: World, steps: &[Step]) -> Result<(), Violation> {
    world.open()?;
    for step in steps {
        if let Step::Submit(group) = step {
            world.submit(group)?;
        }
    }
    world.submit(&[request("last", vec![adjust("tea", "north", 1)])])?;
    world.cut_power(|_| false);
    world.open().map(|_running| ())
}

/// As [`check`], after a start that was interrupted at every call in turn, and after one of which a sync has failed: what it
/// wrote can be read then, and is not on the disk.
fn check_interrupted(world: &World, steps: &[Step], power: bool) -> Result<(), Violation> {
    let interruptions = [
        (None, Fault::Crash),
        (Some(Call::Sync), Fault::SyncLosesPages),
    ];
    for (on, fault) in interruptions {
        for nth in 1.. {
            let mut world = world.fork();
            world.arm(on, nth, fault);
            if world.open()? == Progress::Running {
                break;
            }
            end(&mut world, power.then_some(nth));
            check(world, steps)?;
        }
    }
    Ok(())
}

/// Kills the process, or cuts the power and keeps the units that the bits of `kept` name.
fn end(world: &mut World, kept: Option<u64>) {
    match kept {
        Some(kept) => world.cut_power(|unit| kept >> (unit % 64) & 1 == 1),
        None => world.kill(),
    }
}

/// Subsets of the units of a disk: all of them, when they are few.
fn subsets(units: usize) -> Vec<u64> {
    if units <= UNITS_MAX {
        return (0..1 << units).collect();
    }
    let scattered = (1..64_u64).map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let single = (0..units.min(64)).map(|unit| 1 << unit);
    let all_but_one = (0..units.min(64)).map(|unit| !(1 << unit));
    [0, u64::MAX]
        .into_iter()
        .chain(single)
        .chain(all_but_one)
        .chain(scattered)
        .collect()
}

/// Returns the number of ends that were checked.
fn exhaust(fault: Fault) -> Result<usize, String> {
    let mut ends = 0;
    for (workload, steps) in workloads().iter().enumerate() {
        for nth in 1.. {
            let at = |violation: Violation| {
                format!("workload {workload}, {fault:?} at call {nth}: {violation}")
            };
            let Some(world) = life(steps, nth, fault).map_err(at)? else {
                break;
            };
            let mut killed = world.fork();
            end(&mut killed, None);
            check_interrupted(&killed, steps, nth % 2 == 0).map_err(at)?;
            check(killed, steps).map_err(at)?;
            for kept in subsets(world.disk().units()) {
                let at = |violation| format!("kept {kept:b}: {}", at(violation));
                let mut cut = world.fork();
                end(&mut cut, Some(kept));
                if kept == 0 {
                    check_interrupted(&cut, steps, true).map_err(at)?;
                }
                check(cut, steps).map_err(at)?;
                ends += 1;
            }
        }
    }
    Ok(ends)
}

macro_rules! every_fault {
    ($($test:ident: $fault:ident,)*) => {
        $(
            #[test]
            fn $test() {
                let ends = exhaust(Fault::$fault).unwrap();
                eprintln!("{ends} power cuts");
                assert!(ends > 50, "only {ends} power cuts");
            }
        )*
    };
}

every_fault! {
    crash_at_every_call: Crash,
    eio_at_every_call: Eio,
    sync_that_loses_pages_at_every_call: SyncLosesPages,
    no_space_at_every_call: NoSpace,
    no_descriptors_at_every_call: NoDescriptors,
    short_write_at_every_call: Short,
    short_write_then_no_space_at_every_call: ShortThenNoSpace,
}
