//! What happens in a case.

use proptest::prelude::*;

/// A step. Products, stores, reservations and transfers are numbers, so that they meet.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Adjust(u8, u8, i64),
    Two(u8, u8, i64, u8, u8, i64),
    Count(u8, u8, u64, bool),
    Hold(u8, u8, u64, u64),
    HoldTwo(u8, u8, u8, u8, u64),
    Commit(usize),
    Release(usize),
    Extend(usize, u64),
    Ship(u8, u8, u8, u64),
    Receive(usize, Option<u64>),
    Close(usize, bool),
    Alert(u8, u8, u64),
    /// The clock goes on.
    Wait(u64),
    /// What a snapshot covers is purged with the next append, but for so many events.
    Purge(u64),
    /// Something that cannot be applied gets into the log, and the engine starts anew.
    Poison(u8, Option<u8>, u64, i64),
}

const PRODUCTS: u8 = 3;
const STORES: u8 = 3;

fn changes() -> BoxedStrategy<Step> {
    let level = || (0..PRODUCTS, 0..STORES);
    let delta = || (-6i64..=9).prop_filter("a change", |delta| *delta != 0);
    prop_oneof![
        6 => (level(), delta()).prop_map(|((p, s), d)| Step::Adjust(p, s, d)),
        3 => (level(), delta(), level(), delta())
            .prop_map(|((p, s), d, (q, t), e)| Step::Two(p, s, d, q, t, e)),
        3 => (level(), 0u64..12, any::<bool>()).prop_map(|((p, s), n, f)| Step::Count(p, s, n, f)),
        3 => (level(), 1u64..4, 1u64..4).prop_map(|((p, s), n, ttl)| Step::Hold(p, s, n, ttl)),
        2 => (level(), level(), 1u64..4)
            .prop_map(|((p, s), (q, t), ttl)| Step::HoldTwo(p, s, q, t, ttl)),
        2 => any::<usize>().prop_map(Step::Commit),
        1 => any::<usize>().prop_map(Step::Release),
        1 => (any::<usize>(), 1u64..4).prop_map(|(at, ttl)| Step::Extend(at, ttl)),
        2 => (level(), 0..STORES, 1u64..4).prop_map(|((p, s), to, n)| Step::Ship(p, s, to, n)),
        2 => (any::<usize>(), proptest::option::of(1u64..3))
            .prop_map(|(at, n)| Step::Receive(at, n)),
        1 => (any::<usize>(), any::<bool>()).prop_map(|(at, lost)| Step::Close(at, lost)),
        1 => (level(), 0u64..6).prop_map(|((p, s), low)| Step::Alert(p, s, low)),
        3 => (1u64..1_500).prop_map(Step::Wait),
        1 => (0u64..8).prop_map(Step::Purge),
    ]
    .boxed()
}

/// The steps of a case, some of which bury something.
pub(crate) fn steps(poison: bool) -> impl Strategy<Value = Vec<Step>> {
    let poisons = (
        0..PRODUCTS,
        proptest::option::of(0..STORES),
        0u64..4,
        -2i64..=2,
    )
        .prop_map(|(p, s, ahead, d)| Step::Poison(p, s, ahead, d));
    let step = match poison {
        true => prop_oneof![12 => changes(), 1 => poisons].boxed(),
        false => changes(),
    };
    proptest::collection::vec(step, 1..40)
}
