//! A store of which a part fails: it ends, and never goes on with what it has.

use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

use inventory_core::ports::Clock;
use inventory_core::vocabulary::{Timestamp, Uptime};
use inventory_http::server::EndError;

use crate::logs;
use crate::world::{GoingClock, World};

const SOUND: u8 = 0;
const BREAKS_IN_OUTBOX: u8 = 1;
const BREAKS_ELSEWHERE: u8 = 2;

/// A clock that works until somebody breaks it for some threads.
#[derive(Clone)]
struct Breaking {
    clock: GoingClock,
    state: Arc<AtomicU8>,
}

impl Breaking {
    fn strike(&self) {
        let in_outbox = thread::current().name() == Some("outbox");
        match self.state.load(Ordering::SeqCst) {
            BREAKS_IN_OUTBOX if in_outbox => panic!("the clock has struck the outbox"),
            BREAKS_ELSEWHERE if !in_outbox => panic!("the clock has struck"),
            _ => {}
        }
    }
}

impl Clock for Breaking {
    fn now(&self) -> Timestamp {
        self.strike();
        self.clock.now()
    }

    /// It goes on: the time that passes is looked at by all parts, and only one of them is to break.
    fn uptime(&self) -> Uptime {
        self.clock.uptime()
    }
}

/// Breaks the clock of a store and returns the part that is said to have ended, and why.
fn broken(state: u8, before: impl FnOnce(&World), after: impl FnOnce(&World)) -> (String, String) {
    logs::listen();
    let mut world = World::new();
    world.stop_store();
    let clock = Breaking {
        clock: world.going_clock(),
        state: Arc::new(AtomicU8::new(SOUND)),
    };
    world.start_store_by(Arc::new(clock.clone()));
    world.in_step();
    let address = world.store_address();
    before(&world);
    clock.state.store(state, Ordering::SeqCst);
    after(&world);
    let EndError::Part(ended) = world.store_ends().unwrap_err() else {
        panic!("no disk hangs");
    };
    clock.state.store(SOUND, Ordering::SeqCst);
    assert!(
        TcpStream::connect(address).is_err(),
        "nobody is answered any more"
    );
    let line = [
        "a part of the service has ended: the service stops",
        ended.part,
    ];
    assert!(logs::count(&line) >= 1);
    (ended.part.to_owned(), ended.reason)
}

#[test]
fn a_store_ends_with_its_follower() {
    let (part, reason) = broken(BREAKS_ELSEWHERE, |_| {}, |world| world.link.cut());
    assert_eq!(reason, "it has panicked: the clock has struck");
    // Who asks central when the link is cut looks at the clock too.
    let parts = ["following central", "asking who this is"];
    assert!(parts.contains(&&*part), "{part}");
}

#[test]
fn a_store_ends_with_its_sender() {
    let alone = |world: &World| {
        world.link.cut();
        world.knows_it_is_alone();
    };
    let (part, reason) = broken(BREAKS_ELSEWHERE, alone, |_| {});
    assert_eq!(
        (&*part, &*reason),
        ("sending", "it has panicked: the clock has struck")
    );
}

#[test]
fn a_store_ends_with_the_thread_of_its_outbox() {
    let (part, reason) = broken(BREAKS_IN_OUTBOX, |_| {}, |_| {});
    assert_eq!(
        (&*part, &*reason),
        ("the outbox", "its thread has panicked")
    );
}
