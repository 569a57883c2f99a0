//! The directories that bit rot damages.

use inventory_core::conformance::{adjust, count};
use inventory_core::engine::Recovery;
use inventory_core::machine::{Command, Request};
use inventory_log::testing::simulation::{Choices, World};
use inventory_log::testing::{Call, Fault, SimDisk};

use crate::start::{Picture, setup, start};

/// What a directory has beside the active segment, and how it was left.
#[derive(Clone, Copy)]
pub(crate) struct Parts {
    pub(crate) save: bool,
    pub(crate) purge: bool,
    pub(crate) close: bool,
}

/// A directory that no bit has rotted in yet.
pub(crate) struct Subject {
    pub(crate) saved: bool,
    pub(crate) disk: SimDisk,
    pub(crate) picture: Picture,
    pub(crate) told: Vec<String>,
}

fn request(key: u32, lines: Vec<Command>) -> Request {
    let key = format!("key-{key}").parse().expect("the key is plain text");
    Request::new(key, lines).expect("a request has lines")
}

/// A log of two segments with one poisonous record, and a letter about a torn write. With `save` two snapshots are
/// taken on the way, and with `purge` the first segment is given up. Without `close` a power cut is the end.
pub(crate) fn directory(seed: u64, Parts { save, purge, close }: Parts) -> Subject {
    let mut setup = setup(Recovery::Strict);
    setup.settings.retain_events = purge.then_some(0);
    let mut world = World::new(seed, setup);
    world.open().expect("the directory is new");
    let submit = |world: &mut World, key, lines| {
        world
            .submit(&[request(key, lines)])
            .expect("the engine keeps its promises");
    };
    submit(
        &mut world,
        1,
        vec![adjust("tea", "north", 5), adjust("rice", "south", 2)],
    );
    world
        .poison(&mut Choices::from_bytes(&[1, 1]))
        .expect("the engine keeps its promises");
    submit(&mut world, 2, vec![adjust("tea", "south", 4)]);
    if save {
        world.save();
    }
    submit(&mut world, 3, vec![count("rice", "north", 3)]);
    if save {
        world.save();
    }
    submit(&mut world, 6, vec![adjust("tea", "north", 1)]);
    world.arm(Some(Call::Sync), 1, Fault::Crash);
    submit(
        &mut world,
        4,
        vec![adjust("tea", "north", 1), adjust("tea", "south", 1)],
    );
    // Of the last write, the first sector is lost.
    let mut written = 0..;
    world.cut_power(|_| written.next() != Some(0));
    world.open().expect("the disk is healthy");
    submit(&mut world, 5, vec![adjust("tea", "north", -2)]);
    if close {
        world.close();
    } else {
        world.cut_power(|_| true);
    }
    let disk = world.disk().fork();
    let (picture, told) = start(&disk.fork(), Recovery::Strict).expect("the disk is healthy");
    Subject {
        saved: save,
        disk,
        picture,
        told,
    }
}
