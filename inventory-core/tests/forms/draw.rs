//! Commands, requests and entries of all kinds, whatever is in them.

use std::fmt::Debug;
use std::str::FromStr;

use inventory_core::machine::{
    Adjust, After, Annotations, Basis, Close, Command, Commit, CommitLine, Count, DeadLettered,
    DetailForm, DetailValue, Entry, Event, Extend, Guard, Hold, Intent, Level, Lines, Movement,
    MovementKind, Receive, ReceiveLine, Release, RemoveAlert, Request, RowOutcome, SetAlert,
    Settlement, Ship, SyncLevel, SyncRule, Thresholds,
};
use inventory_core::vocabulary::{
    Adjustment, Chain, Delta, Epoch, Fingerprint, QUANTITY_MAX, Quantity, Reason, Sequence,
    StoreId, TTL_SECONDS_MAX, Timestamp, TraceParent, Ttl, Units, Version,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Texts that JSON writes as they are, and others.
const NAMES: [&str; 4] = [
    "tea",
    "7 \"fine\" \\ cups",
    "caf\u{e9}",
    "\u{8336}/\u{7dd1}",
];
const KEYS: [&str; 2] = ["basket-7", "\"\\ ~"];

/// An id, or a remark.
fn name<T: FromStr<Err: Debug> + Debug>() -> impl Strategy<Value = T> {
    select(&NAMES[..]).prop_map(|text| text.parse().unwrap())
}

fn quantity() -> impl Strategy<Value = Quantity> {
    let units = prop_oneof![0..5u64, Just(QUANTITY_MAX)];
    units.prop_map(|units| Quantity::new(units).unwrap())
}

fn units() -> impl Strategy<Value = Units> {
    prop_oneof![1..5u64, Just(QUANTITY_MAX)].prop_map(|units| Units::new(units).unwrap())
}

fn delta() -> impl Strategy<Value = Delta> {
    let most = QUANTITY_MAX as i64;
    prop_oneof![-4..5i64, Just(most), Just(-most)].prop_map(|units| Delta::new(units).unwrap())
}

fn adjustment() -> impl Strategy<Value = Adjustment> {
    delta().prop_filter_map("no change", |delta| Adjustment::new(delta.units()).ok())
}

fn version() -> impl Strategy<Value = Version> {
    quantity().prop_map(|number| Version::new(number.units()).unwrap())
}

fn ttl() -> impl Strategy<Value = Ttl> {
    (1..=TTL_SECONDS_MAX).prop_map(|seconds| Ttl::new(seconds).unwrap())
}

fn moment() -> impl Strategy<Value = Timestamp> {
    (0..253_402_300_800_000u64).prop_map(|millis| Timestamp::from_millis(millis).unwrap())
}

fn guard() -> impl Strategy<Value = Guard> {
    prop_oneof![Just(Guard::Unguarded), version().prop_map(Guard::At)]
}

fn stock() -> impl Strategy<Value = Command> {
    let rule = prop_oneof![
        Just(SyncRule::Overwrite),
        version().prop_map(SyncRule::Merge)
    ];
    let level = || (name(), name());
    prop_oneof![
        (level(), adjustment(), guard()).prop_map(|((product, store), delta, guard)| {
            let adjust = Adjust {
                product,
                store,
                delta,
                guard,
            };
            adjust.into()
        }),
        (level(), quantity(), guard(), any::<bool>()).prop_map(
            |((product, store), counted, guard, release_holds)| {
                let basis = Basis::Now(guard);
                let count = Count {
                    product,
                    store,
                    counted,
                    basis,
                    release_holds,
                };
                count.into()
            }
        ),
        (level(), quantity(), rule).prop_map(|((product, store), on_hand, rule)| {
            let row = SyncLevel {
                product,
                store,
                on_hand,
                rule,
            };
            row.into()
        }),
    ]
}

fn reservation() -> impl Strategy<Value = Command> {
    let products = || subsequence(&NAMES[..], 1..=NAMES.len());
    let lines =
        (products(), name(), units()).prop_map(|(products, store, quantity): (_, StoreId, _)| {
            let line = |product: &str| CommitLine {
                product: product.parse().unwrap(),
                store: store.clone(),
                quantity,
            };
            Lines::new(products.into_iter().map(line).collect()).unwrap()
        });
    prop_oneof![
        (name(), name(), name(), units(), ttl()).prop_map(
            |(reservation, product, store, quantity, ttl)| {
                let hold = Hold {
                    reservation,
                    product,
                    store,
                    quantity,
                    ttl,
                };
                hold.into()
            }
        ),
        (name(), option::of(lines)).prop_map(|(reservation, lines)| {
            let commit = Commit { reservation, lines };
            commit.into()
        }),
        name().prop_map(|reservation| Release { reservation }.into()),
        (name(), ttl()).prop_map(|(reservation, ttl)| Extend { reservation, ttl }.into()),
    ]
}

fn transfer() -> impl Strategy<Value = Command> {
    let products = subsequence(&NAMES[..], 1..=NAMES.len());
    let lines = (products, units()).prop_map(|(products, quantity)| {
        let line = |product: &str| ReceiveLine {
            product: product.parse().unwrap(),
            quantity,
        };
        Lines::new(products.into_iter().map(line).collect()).unwrap()
    });
    let settlement = select(&[Settlement::Returned, Settlement::Lost][..]);
    prop_oneof![
        (name(), name(), name(), name(), units()).prop_map(
            |(transfer, source, destination, product, quantity)| {
                let ship = Ship {
                    transfer,
                    source,
                    destination,
                    product,
                    quantity,
                };
                ship.into()
            }
        ),
        (name(), option::of(lines)).prop_map(|(transfer, lines)| {
            let receive = Receive { transfer, lines };
            receive.into()
        }),
        (name(), settlement).prop_map(|(transfer, settlement)| {
            let close = Close {
                transfer,
                settlement,
            };
            close.into()
        }),
    ]
}

fn alert() -> impl Strategy<Value = Command> {
    let thresholds = (quantity(), quantity());
    let thresholds = thresholds.prop_filter_map("no thresholds", |(low, replenished)| {
        Thresholds::new(low, replenished).ok()
    });
    prop_oneof![
        (name(), name(), thresholds).prop_map(|(product, store, thresholds)| {
            let set = SetAlert {
                product,
                store,
                thresholds,
            };
            set.into()
        }),
        (name(), name()).prop_map(|(product, store)| RemoveAlert { product, store }.into()),
    ]
}

pub(crate) fn command() -> impl Strategy<Value = Command> {
    prop_oneof![stock(), reservation(), transfer(), alert()]
}

fn annotations() -> impl Strategy<Value = Annotations> {
    let trace = (1..=u128::MAX, 1..=u64::MAX, any::<u8>());
    let trace =
        trace.prop_map(|(trace, span, flags)| TraceParent::new(trace, span, flags).unwrap());
    let texts = (option::of(name()), option::of(name()), option::of(name()));
    let parts = (
        option::of(trace),
        option::of(select(&Reason::ALL[..])),
        texts,
    );
    parts.prop_map(|(trace, reason, (note, reference, actor))| Annotations {
        trace,
        reason,
        note,
        reference,
        actor,
    })
}

pub(crate) fn request() -> impl Strategy<Value = Request> {
    let key = (select(&KEYS[..]), option::of(name()));
    let rest = (
        option::of(vec(name(), 0..3)),
        option::of(any::<u128>()),
        annotations(),
    );
    let parts = (option::of(key), rest, vec(command(), 1..4));
    parts.prop_map(|(key, (scope, history, annotations), commands)| {
        let mut request = match key {
            Some((key, _)) => Request::new(key.parse().unwrap(), commands).unwrap(),
            None => Request::unkeyed(commands).unwrap(),
        };
        if let Some((_, Some(caller))) = key {
            request = request.by(caller);
        }
        if let Some(stores) = scope {
            request = request.within(stores.into());
        }
        if let Some(bits) = history {
            request = request.in_history(Epoch::from_random(bits));
        }
        request.annotated(annotations)
    })
}

pub(crate) fn kind() -> impl Strategy<Value = MovementKind> {
    let parts = (
        select(&MovementKind::TYPE_NAMES[..]),
        select(&NAMES[..]),
        quantity(),
        moment(),
    );
    parts.prop_map(|(type_name, id, units, time)| {
        let value = |form| match form {
            DetailForm::Id => DetailValue::Text(id),
            DetailForm::Name => DetailValue::Text("lost"),
            DetailForm::Time => DetailValue::Time(time),
            DetailForm::Units => DetailValue::Units(units),
        };
        MovementKind::read(type_name, |detail| Some(value(detail.form()))).unwrap()
    })
}

fn event() -> impl Strategy<Value = Event> {
    let level = (quantity(), quantity());
    let level = level.prop_filter_map("no level", |(on_hand, reserved)| {
        Level::new(on_hand, reserved)
    });
    let after = (level, version(), quantity()).prop_map(|(level, version, total)| After {
        level,
        version,
        total,
    });
    let movement = (kind(), (name(), name()), (delta(), delta()), after);
    let movement =
        movement.prop_map(
            |(kind, (product, store), (delta, reserved_delta), after)| Movement {
                kind,
                product,
                store,
                delta,
                reserved_delta,
                after,
            },
        );
    let letter = (
        option::of(name()),
        option::of(version()),
        select(&NAMES[..]),
    );
    let letter = letter.prop_map(|(product, version, raw)| DeadLettered {
        product,
        version,
        raw: raw.into(),
    });
    prop_oneof![
        4 => movement.prop_map(Event::Moved),
        1 => letter.prop_map(Event::DeadLettered),
    ]
}

pub(crate) fn entry() -> impl Strategy<Value = Entry> {
    let outcomes = ["created", "updated", "stale", "unchanged", "below_reserved"];
    let outcome = select(outcomes.to_vec()).prop_map(|name| name.parse::<RowOutcome>().unwrap());
    let intent = (option::of(name()), select(&KEYS[..]), any::<u64>());
    let intent = intent.prop_map(|(caller, key, bits)| Intent {
        caller,
        key: key.parse().unwrap(),
        fingerprint: Fingerprint::from_bits(bits),
    });
    let parts = (
        (any::<u64>(), moment(), any::<u64>()),
        option::of(intent),
        vec(outcome, 0..3),
        vec(event(), 1..4),
        option::of(annotations()),
    );
    parts.prop_map(
        |((first, recorded_at, chain), intent, outcomes, events, annotations)| Entry {
            first: Sequence::new(first),
            recorded_at,
            intent,
            outcomes: outcomes.into(),
            events: events.into(),
            annotations: annotations.map(Box::new),
            chain: Chain::from_bits(chain),
        },
    )
}
