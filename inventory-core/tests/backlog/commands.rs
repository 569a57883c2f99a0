//! Every command, beside a backlog that no group has come to yet.

use inventory_core::conformance::{adjust, count};
use inventory_core::machine::{
    Close, Command, Extend, Receive, Release, RemoveAlert, SetAlert, Settlement, Ship, SyncLevel,
    SyncRule, Thresholds,
};
use inventory_core::testing::{Defect, with};
use inventory_core::vocabulary::{Quantity, Ttl, Units};

use crate::shop::{START, Shop, at, commit, hold, release_down_to};

/// Every command about a product of which something is due that no group has come to yet, and what it must know of.
fn commands() -> Vec<(&'static str, Command)> {
    let product = || "tea".parse().expect("a plain name");
    let store = || "north".parse().expect("a plain name");
    let quantity = |units| Quantity::new(units).expect("a small number");
    let thresholds = Thresholds::new(quantity(1), quantity(2)).expect("one is less than two");
    vec![
        ("adjust", adjust("tea", "north", -3)),
        ("adjust too much", adjust("tea", "north", -4)),
        ("count", count("tea", "north", 2)),
        ("count and release", release_down_to("tea", 0)),
        (
            "set",
            Command::SyncLevel(SyncLevel {
                product: product(),
                store: store(),
                on_hand: quantity(1),
                rule: SyncRule::Overwrite,
            }),
        ),
        ("hold", hold("new", "tea", 60)),
        ("hold again", hold("overdue", "tea", 60)),
        ("commit", commit("held")),
        ("commit what is due", commit("overdue")),
        (
            "release",
            Command::Release(Release {
                reservation: "held".parse().expect("a plain name"),
            }),
        ),
        (
            "release what is due",
            Command::Release(Release {
                reservation: "overdue".parse().expect("a plain name"),
            }),
        ),
        (
            "extend",
            Command::Extend(Extend {
                reservation: "held".parse().expect("a plain name"),
                ttl: Ttl::new(700).expect("less than a day"),
            }),
        ),
        (
            "extend what is due",
            Command::Extend(Extend {
                reservation: "overdue".parse().expect("a plain name"),
                ttl: Ttl::new(700).expect("less than a day"),
            }),
        ),
        (
            "ship",
            Command::Ship(Ship {
                transfer: "all".parse().expect("a plain name"),
                source: store(),
                destination: "south".parse().expect("a plain name"),
                product: product(),
                quantity: Units::new(3).expect("some"),
            }),
        ),
        (
            "receive",
            Command::Receive(Receive {
                transfer: "back".parse().expect("a plain name"),
                lines: None,
            }),
        ),
        (
            "close",
            Command::Close(Close {
                transfer: "back".parse().expect("a plain name"),
                settlement: Settlement::Returned,
            }),
        ),
        (
            "set an alert",
            Command::SetAlert(SetAlert {
                product: product(),
                store: store(),
                thresholds,
            }),
        ),
        (
            "remove an alert",
            Command::RemoveAlert(RemoveAlert {
                product: product(),
                store: store(),
            }),
        ),
    ]
}

/// Asks one command beside a backlog that no group has come to yet.
fn ask_beside_a_backlog(command: Command) {
    let mut shop = Shop::new();
    let one = Quantity::new(1).expect("a small number");
    let thresholds = Thresholds::new(Quantity::ZERO, one).expect("zero is less than one");
    shop.ask(vec![
        count("tea", "north", 5),
        count("tea", "south", 5),
        Command::SetAlert(SetAlert {
            product: "tea".parse().expect("a plain name"),
            store: "north".parse().expect("a plain name"),
            thresholds,
        }),
    ]);
    shop.ask(vec![Command::Ship(Ship {
        transfer: "back".parse().expect("a plain name"),
        source: "south".parse().expect("a plain name"),
        destination: "north".parse().expect("a plain name"),
        product: "tea".parse().expect("a plain name"),
        quantity: Units::new(1).expect("some"),
    })]);
    shop.ask(vec![hold("held", "tea", 600)]);
    let others = (0..320).map(|number| (format!("r{number}"), format!("product-{number}")));
    let lines = others.flat_map(|(reservation, product)| {
        [
            count(&product, "north", 1),
            hold(&reservation, &product, 60),
        ]
    });
    shop.ask(lines.collect());
    // The last that is due: four units of five are held, and one of those for longer.
    for name in ["overdue", "overdue-2", "overdue-3"] {
        shop.ask(vec![hold(name, "tea", 61)]);
    }
    shop.clock.set(at(START + 61_001));
    shop.ask(vec![command]);
    assert!(shop.open() > 100, "there is a backlog still");
    shop.drain();
    shop.audit();
}

#[test]
fn no_command_sees_a_backlog() {
    for (name, command) in commands() {
        eprintln!("{name}");
        ask_beside_a_backlog(command);
    }
}

#[test]
fn a_backlog_that_is_seen_is_noticed() {
    let noticed = |command| {
        std::panic::catch_unwind(|| with(Defect::DueNotSeen, || ask_beside_a_backlog(command)))
            .is_err()
    };
    let names = commands()
        .into_iter()
        .filter(|(_, command)| noticed(command.clone()));
    let names: Vec<_> = names.map(|(name, _)| name).collect();
    // Those that look at what is free, or change it.
    for looks in [
        "adjust",
        "count",
        "count and release",
        "set",
        "hold",
        "commit",
        "release",
        "extend",
        "ship",
        "receive",
        "close",
        "set an alert",
        "remove an alert",
    ] {
        assert!(names.contains(&looks), "{looks} is not among {names:?}");
    }
}
