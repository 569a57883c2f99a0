//! Any sequence of changes, beside the naive outbox: nothing is lost, nothing is there twice, and all is in order.

use inventory_core::vocabulary::Version;
use inventory_log::disk::Directory;
use inventory_store::outbox::{
    Change, ChangeError, Changed, DurableOutbox, OnConflict, Reason, Refusal,
};
use proptest::prelude::*;

use crate::intents::{LIMITS, at, intent, key};
use crate::model::Model;

#[derive(Debug, Clone)]
enum Step {
    /// Some changes that arrive together.
    Changes(Vec<Drawn>),
    /// So many at most, with a product that steps aside.
    Start(usize, u8),
    Stop(u8),
    Pass(u8),
    Reopen,
}

#[derive(Debug, Clone)]
enum Drawn {
    Enqueue(u8, u8, bool, bool),
    Settle(u8),
    Park(u8),
    Conflict(u8),
    Retry(u8, bool),
    Discard(u8),
    Expire,
}

const KEYS: std::ops::Range<u8> = 0..8;

fn drawn() -> impl Strategy<Value = Drawn> {
    prop_oneof![
        6 => (KEYS, any::<bool>()).prop_map(|(key, guarded)| {
            Drawn::Enqueue(key, key % 3, key % 2 == 0, guarded)
        }),
        1 => (KEYS, 0..3_u8, any::<bool>(), any::<bool>())
            .prop_map(|(key, product, twice, guarded)| Drawn::Enqueue(key, product, twice, guarded)),
        2 => KEYS.prop_map(Drawn::Settle),
        2 => KEYS.prop_map(Drawn::Park),
        2 => KEYS.prop_map(Drawn::Conflict),
        2 => (KEYS, any::<bool>()).prop_map(|(key, guarded)| Drawn::Retry(key, guarded)),
        2 => KEYS.prop_map(Drawn::Discard),
        1 => Just(Drawn::Expire),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::collection::vec(drawn(), 1..5).prop_map(Step::Changes),
        4 => (1..4_usize, 0..4_u8).prop_map(|(most, aside)| Step::Start(most, aside)),
        1 => KEYS.prop_map(Step::Stop),
        2 => (0..12_u8).prop_map(Step::Pass),
        1 => Just(Step::Reopen),
    ]
}

fn change(drawn: &Drawn, now: u64) -> Change {
    let reason = Reason::new("unprocessable", format!("there are too few at {now}"));
    match *drawn {
        Drawn::Enqueue(number, product, twice, guarded) => {
            Change::Enqueue(intent(number, product, twice, guarded, now))
        }
        Drawn::Settle(number) => Change::Settle(key(number)),
        Drawn::Park(number) => Change::Park {
            key: key(number),
            reason,
        },
        Drawn::Conflict(number) => Change::Conflict {
            key: key(number),
            reason,
        },
        Drawn::Retry(number, guarded) => Change::Retry {
            key: key(number),
            version: guarded.then(|| Version::new(9).unwrap()),
        },
        Drawn::Discard(number) => Change::Discard(key(number)),
        Drawn::Expire => Change::Expire,
    }
}

fn answer(answer: Result<Changed, ChangeError>) -> Result<Changed, Refusal> {
    answer.map_err(|error| match error {
        ChangeError::Refused(mut refusal) => {
            if let Refusal::Parked { reason, .. } = &mut refusal
                && reason.code() == "expired"
            {
                *reason = Reason::new("expired", "");
            }
            refusal
        }
        ChangeError::Failed(failed) => panic!("{failed}"),
    })
}

fn run(steps: &[Step], on_conflict: OnConflict) {
    let temporary = tempfile::tempdir().unwrap();
    let directory = Directory::open(temporary.path()).unwrap();
    let open = || {
        let (outbox, torn) = DurableOutbox::open(&directory, LIMITS, on_conflict).unwrap();
        assert_eq!(torn, None);
        outbox
    };
    let mut model = Model {
        rebases: on_conflict == OnConflict::Rebase,
        ..Model::default()
    };
    let (mut outbox, mut now) = (open(), 1_000);
    for step in steps {
        match step {
            Step::Changes(drawn) => {
                let changes: Vec<_> = drawn.iter().map(|drawn| change(drawn, now)).collect();
                let expected: Vec<_> = changes.iter().map(|one| model.change(one, now)).collect();
                let answers = outbox.change_all(&changes, at(now));
                let answers: Vec<_> = answers.into_iter().map(answer).collect();
                assert_eq!(answers, expected);
            }
            Step::Start(most, aside) => {
                let oldest = model.queued.first();
                let oldest = oldest.map(|intent| at(now).millis_since(intent.queued_at()));
                if oldest.is_some_and(|age| u128::from(age) > LIMITS.age_max.as_millis()) {
                    model.change(&Change::Expire, now).unwrap();
                }
                let aside = format!("product \"{aside}\"");
                let started = outbox
                    .start(*most, at(now), |product| product.as_str() == aside)
                    .unwrap();
                assert_eq!(started, model.start(*most, now, Some(&aside)));
            }
            Step::Stop(number) => {
                outbox.stop([&key(*number)]);
                model.in_flight.retain(|flying| *flying != key(*number));
            }
            Step::Pass(millis) => now += u64::from(*millis),
            Step::Reopen => {
                drop(outbox);
                outbox = open();
                model.in_flight.clear();
            }
        }
        model.assert_same(&outbox.outbox());
    }
    drop(outbox);
    model.assert_same(&open().outbox());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_changes_does_what_two_lists_would(
        steps in prop::collection::vec(step(), 1..40),
        rebases in any::<bool>(),
    ) {
        run(&steps, if rebases { OnConflict::Rebase } else { OnConflict::Park });
    }
}
