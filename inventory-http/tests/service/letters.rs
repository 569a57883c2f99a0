//! Dead letters that cannot be read.

use inventory_core::memory::MemoryStorage;
use inventory_core::testing::{Call, Faults};

use crate::lines::{listen, logged};
use crate::world::{World, settings};

#[test]
fn dead_letters_that_cannot_be_read_are_503_and_said_with_the_cause() {
    listen();
    let faults = Faults::new();
    let world = World::on(faults.wrap(MemoryStorage::new().ports()), &settings(&[]));
    faults.fail(0, Call::Letters);
    let reply = world.get("/admin/dead-letters");
    assert_eq!(reply.error().1, "unavailable");
    assert_eq!(reply.header("retry-after"), Some("1"));
    let line = "the dead letters could not be read or written";
    let lines = logged();
    let said: Vec<_> = lines.lines().filter(|one| one.contains(line)).collect();
    assert!(
        said.len() == 1 && said[0].contains("ERROR") && said[0].contains("error="),
        "{said:?}"
    );
    assert_eq!(world.get("/admin/dead-letters").status, 200);
}
