//! Two sides that are timed in turns, so that a machine that is busy for a while is busy for both.

use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput};

/// The engine and its baseline, at the same work.
pub(crate) trait Contest {
    /// Updates, or lines, per iteration of the baseline.
    const BASELINE_UPDATES: u64 = 1;
    /// Updates, or lines, per iteration of the engine.
    const ENGINE_UPDATES: u64 = 1;

    /// Times so many iterations of the baseline.
    fn baseline(&mut self, iterations: u64) -> Duration;

    /// Times so many iterations of the engine.
    fn engine(&mut self, iterations: u64) -> Duration;
}

/// What a ratio should be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Aim {
    /// Time of the engine over time of the baseline.
    TimeAtMost(f64),
    /// Rate of the engine over rate of the baseline.
    RateAtLeast(f64),
    /// Time of the engine over time of the baseline, for comparison only.
    Time,
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// What is measured: criterion's name of it.
    pub(crate) measured: &'static str,
    /// What it is held against.
    pub(crate) baseline: &'static str,
    pub(crate) aim: Aim,
}

/// How a contest went: medians over its rounds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    pub(crate) row: Row,
    /// Seconds per update.
    pub(crate) baseline: f64,
    /// Seconds per update.
    pub(crate) engine: f64,
    /// Time of the engine over time of the baseline, within a round.
    pub(crate) time_ratio: f64,
}

#[derive(Debug, Clone, Copy)]
enum Side {
    Baseline,
    Engine,
}

/// One turn of each side.
#[derive(Debug, Clone, Copy)]
struct Round {
    iterations: u64,
    baseline: Duration,
    engine: Duration,
}

/// Runs contests and keeps their outcomes.
pub(crate) struct Contests {
    criterion: Criterion,
    outcomes: Vec<Outcome>,
}

impl Contests {
    pub(crate) fn from_args() -> Self {
        let criterion = Criterion::default()
            .sample_size(10)
            .nresamples(10_000)
            .warm_up_time(Duration::from_millis(500))
            .measurement_time(Duration::from_secs(5))
            .without_plots()
            .configure_from_args();
        Self {
            criterion,
            outcomes: Vec::new(),
        }
    }

    /// Runs one contest; `prepare` is called only when the row is not filtered out.
    pub(crate) fn run<C: Contest>(&mut self, row: Row, prepare: impl FnOnce() -> C) {
        let mut prepare = Some(prepare);
        let mut contest: Option<C> = None;
        let mut rounds = Vec::new();
        let mut group = self.criterion.benchmark_group(row.measured);
        group.sampling_mode(SamplingMode::Flat);
        for side in [Side::Baseline, Side::Engine] {
            let (name, updates) = match side {
                Side::Baseline => (row.baseline, C::BASELINE_UPDATES),
                Side::Engine => ("engine", C::ENGINE_UPDATES),
            };
            group.throughput(Throughput::Elements(updates));
            group.bench_function(name, |bencher| {
                if let Some(prepare) = prepare.take() {
                    contest = Some(prepare());
                }
                let contest = contest.as_mut().expect("the first call has prepared it");
                bencher.iter_custom(|iterations| {
                    let baseline_first = rounds.len() % 2 == 0;
                    let round = Round::run(contest, iterations, baseline_first);
                    rounds.push(round);
                    match side {
                        Side::Baseline => round.baseline,
                        Side::Engine => round.engine,
                    }
                });
            });
        }
        group.finish();
        self.outcomes.extend(Outcome::of::<C>(row, &rounds));
    }

    /// Ends the run and gives the outcomes of the rows that were not filtered out.
    pub(crate) fn finish(self) -> Vec<Outcome> {
        self.criterion.final_summary();
        self.outcomes
    }
}

impl Round {
    fn run(contest: &mut impl Contest, iterations: u64, baseline_first: bool) -> Self {
        let first = baseline_first.then(|| contest.baseline(iterations));
        let engine = contest.engine(iterations);
        Self {
            iterations,
            engine,
            baseline: first.unwrap_or_else(|| contest.baseline(iterations)),
        }
    }
}

impl Outcome {
    fn of<C: Contest>(row: Row, rounds: &[Round]) -> Option<Self> {
        // Criterion warms up with rounds that double from a single iteration on: the short ones say little.
        let longest = rounds.iter().map(|round| round.iterations).max()?;
        let rounds = rounds.iter().filter(|round| round.iterations * 2 > longest);
        let (mut baseline, mut engine, mut ratio) = (Vec::new(), Vec::new(), Vec::new());
        for round in rounds {
            let per_update = |time: Duration, updates: u64| {
                time.as_secs_f64() / (round.iterations * updates) as f64
            };
            let of_baseline = per_update(round.baseline, C::BASELINE_UPDATES);
            let of_engine = per_update(round.engine, C::ENGINE_UPDATES);
            baseline.push(of_baseline);
            engine.push(of_engine);
            ratio.push(of_engine / of_baseline);
        }
        Some(Self {
            row,
            baseline: median(baseline),
            engine: median(engine),
            time_ratio: median(ratio),
        })
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
