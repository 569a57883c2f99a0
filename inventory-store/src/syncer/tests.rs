//! No sequence of answers makes the syncer spin, and good ones make it follow.

use inventory_core::vocabulary::{Chain, Epoch};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;

fn position(offset: u64) -> Position {
    Position {
        offset: Sequence::new(offset),
        epoch: Epoch::from_random(1),
        chain: Chain::from_bits(offset),
    }
}

fn page(offset: u64, has_more: bool) -> Followed {
    Followed {
        position: position(offset),
        events: 0,
        has_more,
        head: Sequence::new(offset),
        taken_over: 0,
    }
}

fn following(at: Millis) -> Syncer {
    let mut syncer = Syncer::new(SyncerSettings::default(), 1, at);
    syncer.on_snapshot(at, position(10));
    syncer.on_page(at, &page(10, false));
    syncer
}

fn rests(step: Step) -> bool {
    matches!(step, Step::Sleep { .. })
}

#[test]
fn a_start_fetches_a_snapshot_catches_up_without_a_pause_and_follows() {
    let now = Millis::new(7);
    let mut syncer = Syncer::new(SyncerSettings::default(), 1, now);
    assert_eq!(syncer.next(now), Step::FetchSnapshot);
    assert!(!syncer.connected());
    syncer.on_snapshot(now, position(10));
    for offset in [10, 510, 1_010] {
        let from = position(offset);
        let long_poll = false;
        assert_eq!(syncer.next(now), Step::Poll { from, long_poll });
        assert!(syncer.is_stale(now));
        syncer.on_page(now, &page(offset + 500, true));
    }
    syncer.on_page(now, &page(1_600, false));
    let (from, long_poll) = (position(1_600), true);
    assert_eq!(syncer.next(now), Step::Poll { from, long_poll });
    assert!(!syncer.is_stale(now));
    assert_eq!(syncer.central_offset(), Some(Sequence::new(1_600)));
}

#[test]
fn an_idle_central_is_polled_again_at_once_and_one_that_does_not_wait_is_not() {
    let start = Millis::new(0);
    let mut syncer = following(start);
    let later = start.plus(Duration::from_secs(5));
    syncer.on_page(later, &page(10, false));
    assert!(!rests(syncer.next(later)));
    syncer.on_page(later, &page(10, false));
    assert!(rests(syncer.next(later)));
}

#[test]
fn an_outage_makes_the_copy_stale_until_central_answers() {
    let start = Millis::new(0);
    let mut syncer = following(start);
    let cut = start.plus(Duration::from_secs(3));
    syncer.on_error(cut, Some(Duration::from_secs(3_600)));
    assert!(!syncer.connected());
    assert!(syncer.is_stale(cut));
    assert_eq!(syncer.age(cut), Some(Duration::from_secs(3)));
    assert_eq!(
        syncer.next(cut),
        Step::Sleep {
            until: cut.plus(Duration::from_secs(5))
        }
    );
    let back = cut.plus(Duration::from_secs(5));
    let (from, long_poll) = (position(10), false);
    assert_eq!(syncer.next(back), Step::Poll { from, long_poll });
    syncer.on_page(back, &page(10, false));
    assert!(syncer.connected() && !syncer.is_stale(back));
}

/// Central is frozen, or the link half open: nothing says so, and nothing proves that the copy is current.
#[test]
fn a_copy_is_as_old_as_its_last_proof_and_stale_soon_after() {
    let start = Millis::new(0);
    let syncer = following(start);
    let after = |seconds| start.plus(Duration::from_secs(seconds));
    assert!(!syncer.is_stale(after(6)));
    assert_eq!(syncer.age(after(6)), Some(Duration::from_secs(6)));
    assert!(syncer.is_stale(after(8)));
    assert_eq!(syncer.age(after(8)), Some(Duration::from_secs(8)));
}

#[test]
fn how_far_central_is_comes_with_each_page() {
    let now = Millis::new(0);
    let mut syncer = following(now);
    syncer.on_error(now, None);
    let head = Sequence::new(1_500_000);
    let behind = Followed {
        head,
        ..page(500, true)
    };
    syncer.on_page(now, &behind);
    assert_eq!(syncer.central_offset(), Some(head));
}

#[test]
fn a_newer_central_is_asked_for_a_snapshot_every_few_minutes() {
    let mut now = Millis::new(0);
    let mut syncer = Syncer::new(SyncerSettings::default(), 1, now);
    let (mut snapshots, end) = (0, now.plus(Duration::from_secs(3_600)));
    while now < end {
        match syncer.next(now) {
            Step::Sleep { until } => now = until,
            Step::FetchSnapshot => {
                snapshots += 1;
                syncer.on_snapshot(now, position(snapshots));
            }
            Step::Poll { .. } => syncer.on_newer(now),
        }
    }
    assert!(syncer.central_is_newer());
    assert!((10..=13).contains(&snapshots), "{snapshots}");
    syncer.on_snapshot(now, position(99));
    syncer.on_page(now, &page(100, false));
    assert!(!syncer.central_is_newer(), "it is followed again");
}

#[test]
fn only_progress_makes_sleeps_short_again() {
    let mut now = Millis::new(0);
    let mut syncer = following(now);
    let fail = |syncer: &mut Syncer, now: Millis| {
        syncer.on_error(now, None);
        match syncer.next(now) {
            Step::Sleep { until } => until,
            step @ (Step::FetchSnapshot | Step::Poll { .. }) => panic!("{step:?} after an error"),
        }
    };
    for _ in 0..20 {
        now = fail(&mut syncer, now);
    }
    syncer.on_page(now, &page(10, false));
    let long = fail(&mut syncer, now);
    assert!(long.since(now) >= Duration::from_millis(2_500));
    syncer.on_page(long, &page(11, false));
    let short = fail(&mut syncer, long);
    assert!(short.since(long) <= Duration::from_millis(50));
}

#[test]
fn a_saved_copy_is_as_old_as_it_is_until_it_is_followed() {
    let now = Millis::new(100);
    let age = Duration::from_secs(60);
    let syncer = Syncer::new(SyncerSettings::default(), 1, now).resumed_at(position(4), Some(age));
    let (from, long_poll) = (position(4), false);
    assert_eq!(syncer.next(now), Step::Poll { from, long_poll });
    let later = now.plus(Duration::from_secs(1));
    assert!(syncer.is_stale(later));
    assert_eq!(syncer.age(later), Some(Duration::from_secs(61)));
}

#[test]
fn the_age_of_a_copy_is_not_known_until_it_is_proved_when_the_clock_contradicts_it() {
    let now = Millis::new(100);
    let mut syncer = Syncer::new(SyncerSettings::default(), 1, now).resumed_at(position(4), None);
    assert!(syncer.is_stale(now));
    assert_eq!(syncer.age(now), None);
    syncer.on_page(now, &page(500, true));
    assert_eq!(syncer.age(now), None, "there is more");
    syncer.on_page(now, &page(600, false));
    assert!(!syncer.is_stale(now));
    assert_eq!(syncer.age(now), Some(Duration::ZERO));
}

/// What comes of a step, whatever the step was.
#[derive(Debug, Clone)]
enum Outcome {
    Page { by: u64, has_more: bool },
    Snapshot { offset: u64 },
    Gone,
    Diverged,
    Error { retry_after: Option<u64> },
}

/// Outcomes with the milliseconds that they take, most of them none.
fn outcomes(progress: bool) -> impl Strategy<Value = Vec<(Outcome, u64)>> {
    let by = if progress { 0..3_u64 } else { 0..1 };
    let outcome = prop_oneof![
        4 => (by, any::<bool>()).prop_map(|(by, has_more)| Outcome::Page { by, has_more }),
        3 => (0..20_u64).prop_map(|offset| Outcome::Snapshot { offset }),
        1 => Just(Outcome::Gone),
        1 => Just(Outcome::Diverged),
        1 => proptest::option::of(0..20_000_u64).prop_map(|retry_after| Outcome::Error { retry_after }),
    ];
    let takes = prop_oneof![8 => Just(0), 1 => 0..100_u64, 1 => 0..25_000_u64];
    proptest::collection::vec((outcome, takes), 1..200)
}

fn settings() -> impl Strategy<Value = SyncerSettings> {
    (1..200_u64, 1..8_000_u64, 0..30_000_u64).prop_map(|(min, max, poll)| SyncerSettings {
        backoff_min: Duration::from_millis(min),
        backoff_max: Duration::from_millis(max.max(min)),
        newer_every: Duration::from_secs(300),
        long_poll: Duration::from_millis(poll),
    })
}

/// Plays outcomes, over and over, and returns when each step that is not a sleep was due and what it was.
fn play(
    syncer: &mut Syncer,
    outcomes: &[(Outcome, u64)],
    steps: usize,
) -> (Vec<(Millis, Step)>, Millis) {
    let mut now = Millis::new(0);
    let mut done = Vec::new();
    for (outcome, takes) in outcomes.iter().cycle().take(steps) {
        if let Step::Sleep { until } = syncer.next(now) {
            assert!(until > now);
            now = until;
        }
        let step = syncer.next(now);
        assert!(!rests(step), "a sleep ends when it says");
        done.push((now, step));
        now = now.plus(Duration::from_millis(*takes));
        let from = match step {
            Step::Poll { from, .. } => from.offset.number(),
            Step::FetchSnapshot | Step::Sleep { .. } => 0,
        };
        match *outcome {
            // What is no answer to the step is played too now and then, but leads nowhere by itself.
            Outcome::Page { by, has_more } => syncer.on_page(now, &page(from + by, has_more)),
            Outcome::Snapshot { offset } => syncer.on_snapshot(now, position(offset)),
            Outcome::Gone => syncer.on_gone(now),
            Outcome::Diverged => syncer.on_diverged(now),
            Outcome::Error { retry_after } => {
                syncer.on_error(now, retry_after.map(Duration::from_millis));
            }
        }
    }
    (done, now)
}

fn doublings(settings: &SyncerSettings) -> f64 {
    let ratio = settings.backoff_max.as_secs_f64() / settings.backoff_min.as_secs_f64();
    ratio.log2().ceil()
}

/// Holds every window of some steps against a bound.
fn check(done: &[Millis], bound: impl Fn(f64) -> f64) -> Result<(), TestCaseError> {
    for (first, &from) in done.iter().enumerate() {
        for (count, &to) in (1..).zip(&done[first..]) {
            let seconds = to.since(from).as_secs_f64();
            prop_assert!(
                f64::from(count) <= bound(seconds),
                "{count} steps in {seconds} s"
            );
        }
    }
    Ok(())
}

fn config() -> ProptestConfig {
    let mut config = ProptestConfig::default();
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(53);
    }
    config
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn without_progress_steps_are_rare_whatever_is_answered(
        settings in settings(),
        outcomes in outcomes(false),
        seed in any::<u64>(),
    ) {
        let mut syncer = Syncer::new(settings, seed, Millis::new(0));
        let (done, _) = play(&mut syncer, &outcomes, 250);
        let steps: Vec<_> = done.iter().map(|&(at, _)| at).collect();
        let (doublings, max) = (doublings(&settings), settings.backoff_max.as_secs_f64());
        let idle = settings.idle_min().as_secs_f64();
        check(&steps, |t| 2.0 * (doublings + 2.0 + 2.0 * t / max) + t / idle)?;
    }

    #[test]
    fn snapshots_are_rare_even_when_each_leads_on(
        settings in settings(),
        outcomes in outcomes(true),
        seed in any::<u64>(),
    ) {
        let mut syncer = Syncer::new(settings, seed, Millis::new(0));
        let (done, _) = play(&mut syncer, &outcomes, 400);
        let fetched = done.iter().filter(|(_, step)| *step == Step::FetchSnapshot);
        let fetched: Vec<_> = fetched.map(|&(at, _)| at).collect();
        let (doublings, max) = (doublings(&settings), settings.backoff_max.as_secs_f64());
        check(&fetched, |t| (doublings + 3.0) * (1.0 + t / max))?;
    }

    #[test]
    fn good_answers_make_it_follow_within_the_longest_backoff(
        settings in settings(),
        outcomes in outcomes(true),
        seed in any::<u64>(),
    ) {
        let mut syncer = Syncer::new(settings, seed, Millis::new(0));
        let (_, healed) = play(&mut syncer, &outcomes, outcomes.len());
        let mut now = healed;
        for _ in 0..4 {
            match syncer.next(now) {
                Step::Sleep { until } => now = until,
                Step::FetchSnapshot => syncer.on_snapshot(now, position(100)),
                Step::Poll { from, long_poll: false } => {
                    syncer.on_page(now, &page(from.offset.number(), false));
                }
                Step::Poll { long_poll: true, .. } => break,
            }
        }
        let follows = matches!(syncer.next(now), Step::Poll { long_poll: true, .. });
        prop_assert!(follows, "{:?}", syncer.next(now));
        prop_assert!(now.since(healed) <= settings.backoff_max);
    }

    #[test]
    fn the_same_answers_give_the_same_steps(
        outcomes in outcomes(true),
        seed in any::<u64>(),
    ) {
        let played = || {
            let mut syncer = Syncer::new(SyncerSettings::default(), seed, Millis::new(0));
            play(&mut syncer, &outcomes, 100)
        };
        prop_assert_eq!(played(), played());
    }
}
