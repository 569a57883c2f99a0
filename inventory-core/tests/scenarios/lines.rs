//! How many lines there may be, of what.

use inventory_core::conformance::{adjust, count};
use inventory_core::engine::{Answer, Engine, Opened, Settings};
use inventory_core::machine::{
    Command, Commit, Count, Hold, LINES_MAX, Line, REQUEST_LINES_MAX, Rejection, Release, Request,
    Ship,
};
use inventory_core::memory::MemoryStorage;
use inventory_core::vocabulary::{Ttl, Units};

/// An engine with so many units of each of a thousand products, and of one more.
fn stocked(units: i64) -> Engine {
    let Opened { mut engine, .. } =
        Engine::open(MemoryStorage::new().ports(), Settings::default()).unwrap();
    let stock = |at| adjust(&product(at), "north", units);
    ask(&mut engine, (0..=LINES_MAX).map(stock)).unwrap();
    engine
}

fn product(at: usize) -> String {
    format!("p{at}")
}

fn ask(engine: &mut Engine, commands: impl IntoIterator<Item = Command>) -> Answer {
    let request = Request::unkeyed(commands.into_iter().collect()).unwrap();
    engine.submit([&request]).unwrap().remove(0)
}

fn hold(reservation: &str, at: usize) -> Command {
    Command::Hold(Hold {
        reservation: reservation.parse().unwrap(),
        product: product(at).parse().unwrap(),
        store: "north".parse().unwrap(),
        quantity: Units::new(1).unwrap(),
        ttl: Ttl::MAX,
    })
}

fn ship(at: usize) -> Command {
    Command::Ship(Ship {
        transfer: "van".parse().unwrap(),
        source: "north".parse().unwrap(),
        destination: "south".parse().unwrap(),
        product: product(at).parse().unwrap(),
        quantity: Units::new(1).unwrap(),
    })
}

#[test]
fn a_reservation_and_a_transfer_have_at_most_a_thousand_lines() {
    let mut engine = stocked(2);
    let line = Line(LINES_MAX);
    let full = Err(Rejection::TooManyLines { line });
    let cart = |at| hold("cart", at);
    assert_eq!(ask(&mut engine, (0..=LINES_MAX).map(cart)), full);
    assert_eq!(ask(&mut engine, (0..=LINES_MAX).map(ship)), full);
    assert!(ask(&mut engine, (0..LINES_MAX).map(cart)).is_ok());
    assert!(ask(&mut engine, (0..LINES_MAX).map(ship)).is_ok());
}

#[test]
fn a_count_releases_at_most_a_thousand_lines() {
    let mut engine = stocked(2);
    for cart in ["older", "younger"] {
        let lines = (0..600).map(|at| hold(cart, at));
        ask(&mut engine, lines).unwrap();
    }
    let nothing = || {
        let Command::Count(count) = count("p0", "north", 0) else {
            unreachable!("it counts")
        };
        Command::Count(Count {
            release_holds: true,
            ..count
        })
    };
    let before = engine.reader().head();
    let refused = ask(&mut engine, [nothing()]);
    let line = Line(0);
    assert_eq!(refused, Err(Rejection::TooManyLines { line }));
    assert_eq!(engine.reader().head(), before, "nothing was done");
    let reservation = "younger".parse().unwrap();
    ask(&mut engine, [Release { reservation }.into()]).unwrap();
    let counted = ask(&mut engine, [nothing()]).unwrap();
    assert_eq!(counted.entry.events.len(), 601);
}

#[test]
fn a_request_changes_no_more_levels_than_it_may_have_lines() {
    let mut engine = stocked(11);
    let carts = REQUEST_LINES_MAX / LINES_MAX + 1;
    for cart in 0..carts {
        let lines = (0..LINES_MAX).map(|at| hold(&format!("cart{cart}"), at));
        ask(&mut engine, lines).unwrap();
    }
    let commit = |cart| {
        Command::Commit(Commit {
            reservation: format!("cart{cart}").parse().unwrap(),
            lines: None,
        })
    };
    let line = Line(carts - 1);
    let refused = ask(&mut engine, (0..carts).map(commit));
    assert_eq!(refused, Err(Rejection::TooManyLines { line }));
    let taken = ask(&mut engine, (1..carts).map(commit)).unwrap();
    assert_eq!(taken.entry.events.len(), REQUEST_LINES_MAX);
}
