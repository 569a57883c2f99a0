//! The table that a run ends with: ratios first, since they say the same on every machine.

use std::io::{self, Write};
use std::time::Duration;

use crate::contest::{Aim, Outcome};
use crate::deadlines::Deadlines;
use crate::growth::{self, Size};
use crate::history::Asked;
use crate::memory::Memory;
use crate::snapshots::Written;
use crate::soak::Soak;
use crate::start::Start;
use crate::tail::Tail;
use crate::waits::Waits;
use crate::window::Window;

const HEAD: &str = "
| measured | baseline in the same run | ratio | to reach | met | engine | baseline |
|---|---|---|---|---|---|---|
";

const DEADLINES_HEAD: &str = "
| a sale, one at a time | reservations | p50 without | p50 with | p99 without | p99 with | difference | first | to reach | met |
|---|---|---|---|---|---|---|---|---|---|
";

/// How much later an answer may come because deadlines pass.
const DIFFERENCE_MAX_SECONDS: f64 = 1e-3;

const WAITS_HEAD: &str = "
| while this is decided | lines | it takes | a sale of another waits | a reader waits | to reach | met |
|---|---|---|---|---|---|---|
";

/// How long anybody may wait for somebody else's request.
const WAIT_MAX: Duration = Duration::from_millis(50);

const ASKED_HEAD: &str = "
| of the past | events of the log | median | longest | to reach | met | reading the whole log |
|---|---|---|---|---|---|---|
";

/// How long a start may take, and how much memory more than the ledger keeps.
const START_MAX: Duration = Duration::from_secs(2);
const PEAK_MAX: f64 = 1.3;

/// What is not a contest with a baseline.
pub(crate) struct Measured {
    pub(crate) deadlines: Option<Vec<Deadlines>>,
    pub(crate) waits: Option<Vec<Waits>>,
    pub(crate) tail: Option<Tail>,
    pub(crate) asked: Option<Vec<Asked>>,
    pub(crate) written: Option<Written>,
    pub(crate) memory: Option<Memory>,
    pub(crate) window: Option<Window>,
    pub(crate) start: Option<Start>,
    pub(crate) growth: Option<Vec<Size>>,
    pub(crate) soak: Option<Soak>,
}

/// Prints what was measured. Nobody is there to be told when nobody reads the output.
pub(crate) fn print(outcomes: &[Outcome], measured: &Measured) {
    let Measured {
        deadlines,
        waits,
        tail,
        asked,
        written,
        memory,
        window,
        start,
        growth,
        soak,
    } = measured;
    let mut text = HEAD.to_owned();
    for outcome in outcomes {
        text.push_str(&line(outcome));
    }
    if let Some(deadlines) = deadlines {
        text.push_str(DEADLINES_HEAD);
        text.extend(deadlines.iter().map(of_deadlines));
    }
    if let Some(waits) = waits {
        text.push_str(WAITS_HEAD);
        text.extend(waits.iter().map(of_waits));
    }
    text.extend(tail.as_ref().map(of_tail));
    if let Some(asked) = asked {
        text.push_str(ASKED_HEAD);
        text.extend(asked.iter().map(of_asked));
    }
    text.extend(written.as_ref().map(of_written));
    text.extend(memory.as_ref().map(of_memory));
    text.extend(window.as_ref().map(of_window));
    text.extend(start.as_ref().map(of_start));
    text.extend(growth.as_ref().map(|sizes| growth::table(sizes)));
    text.extend(soak.as_ref().map(Soak::summary));
    let _nobody_reads = io::stdout().write_all(text.as_bytes());
}

fn of_window(window: &Window) -> String {
    let mebibytes = |bytes: f64| bytes / f64::from(1 << 20);
    let met = match window.is_within_bound() {
        true => "yes",
        false => "NO",
    };
    format!(
        "\nMemory of the window: {} stores have synchronised {} rows {} times; it has grown by {:.0} MiB, of which {:.0} MiB are the {} keys \
         that are remembered, within {:.0} MiB: {met}.\n",
        window.stores(),
        window.rows,
        window.syncs,
        mebibytes(window.grown_bytes),
        mebibytes(window.counted_bytes as f64),
        window.keys,
        mebibytes(window.bound_bytes as f64),
    )
}

fn of_deadlines(deadlines: &Deadlines) -> String {
    let (without, with) = (&deadlines.without, &deadlines.with);
    let difference = with.p99 - without.p99;
    let met = match difference < DIFFERENCE_MAX_SECONDS {
        true => "yes",
        false => "NO",
    };
    format!(
        "| {} | {} | {} | {} | {} | {} | {:.1} us | {} | less than {} | {met} |\n",
        deadlines.measured,
        deadlines.holds,
        time(without.p50),
        time(with.p50),
        time(without.p99),
        time(with.p99),
        difference * 1e6,
        time(deadlines.first),
        time(DIFFERENCE_MAX_SECONDS),
    )
}

/// How much snapshots may write for each byte of the log.
const WRITTEN_MAX: u64 = 20;

fn of_written(written: &Written) -> String {
    let all = written.log_bytes + written.snapshot_bytes;
    let met = match all <= WRITTEN_MAX * written.log_bytes {
        true => "met",
        false => "NOT met",
    };
    format!(
        "\n{} levels, {} sales in ten minutes: {all} bytes are written, {:.2}x those of the log (at most {WRITTEN_MAX}x: {met}); \
         a snapshot takes {} MiB\n",
        written.levels,
        written.sales,
        all as f64 / written.log_bytes as f64,
        written.one_bytes >> 20,
    )
}

fn of_waits(waits: &Waits) -> String {
    let met = match waits.caller.max(waits.reader) <= WAIT_MAX {
        true => "yes",
        false => "NO",
    };
    format!(
        "| {} | {} | {} | {} | {} | at most {} | {met} |\n",
        waits.family,
        waits.lines,
        time(waits.request.as_secs_f64()),
        time(waits.caller.as_secs_f64()),
        time(waits.reader.as_secs_f64()),
        time(WAIT_MAX.as_secs_f64()),
    )
}

/// How much longer the slowest of a thousand updates may take than the slowest of a thousand appends.
const TAIL_MAX: f64 = 3.0;

fn of_tail(tail: &Tail) -> String {
    let Tail {
        updates, appends, ..
    } = tail;
    let times = updates.p999 / appends.p999;
    let met = match times <= TAIL_MAX {
        true => "yes",
        false => "NO",
    };
    format!(
        "\nWhile {} snapshots of {} levels are taken, {} updates of 64 callers take {}, 99.9 of 100 at most {}, and {} appends of 64 lines \
         and their fdatasync {}, 99.9 of 100 at most {}: {times:.1}x, at most {TAIL_MAX}x: {met}.\n",
        tail.snapshots,
        tail.levels,
        updates.count,
        time(updates.p50),
        time(updates.p999),
        appends.count,
        time(appends.p50),
        time(appends.p999),
    )
}

fn of_asked(asked: &Asked) -> String {
    let met = match asked.longest <= asked.at_most {
        true => "yes",
        false => "NO",
    };
    format!(
        "| {} | {} | {} | {} | at most {} | {met} | {} |\n",
        asked.question,
        asked.events,
        time(asked.median.as_secs_f64()),
        time(asked.longest.as_secs_f64()),
        time(asked.at_most.as_secs_f64()),
        time(asked.reading.as_secs_f64()),
    )
}

fn of_start(start: &Start) -> String {
    let times = start.peak_bytes / start.kept_bytes;
    let met = match start.took <= START_MAX && times <= PEAK_MAX {
        true => "yes",
        false => "NO",
    };
    format!(
        "\nA start from a snapshot of {} levels and {} keys, {} MiB: {} ({} of work) where reading the file takes {}, at most {times:.2}x the {:.0} MiB \
         that the ledger keeps; at most {} and {PEAK_MAX}x: {met}.\n",
        start.levels,
        start.keys,
        start.file_bytes >> 20,
        time(start.took.as_secs_f64()),
        time(start.worked.as_secs_f64()),
        time(start.reading.as_secs_f64()),
        start.kept_bytes / f64::from(1 << 20),
        time(START_MAX.as_secs_f64()),
    )
}

/// What a level may take where its product has no other, and what a key may.
const LEVEL_BYTES_MAX: f64 = 200.0;
const KEY_BYTES_MAX: f64 = 80.0;

fn of_memory(memory: &Memory) -> String {
    let met = |bytes: f64, most: f64| match bytes <= most {
        true => format!("at most {most}: met"),
        false => format!("at most {most}: NOT met"),
    };
    format!(
        "\nmemory at {} levels, one per product: {:.0} bytes per level ({})\n\
         memory at {} levels, {} per product: {:.0} bytes per level\n\
         memory at {} keys of the window: {:.0} bytes per key ({})\n",
        memory.lone_levels,
        memory.bytes_per_lone_level,
        met(memory.bytes_per_lone_level, LEVEL_BYTES_MAX),
        memory.shared_levels,
        memory.levels_per_product,
        memory.bytes_per_shared_level,
        memory.keys,
        memory.bytes_per_key,
        met(memory.bytes_per_key, KEY_BYTES_MAX),
    )
}

fn line(outcome: &Outcome) -> String {
    let time = outcome.time_ratio;
    let rate = 1.0 / time;
    let (ratio, aim, met) = match outcome.row.aim {
        Aim::TimeAtMost(most) => (
            time,
            format!("at most {most}x its time"),
            Some(time <= most),
        ),
        Aim::RateAtLeast(least) => (
            rate,
            format!("at least {least}x its rate"),
            Some(rate >= least),
        ),
        Aim::Time => (time, "(its time, to compare)".to_owned(), None),
    };
    let met = match met {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "",
    };
    format!(
        "| {} | {} | {ratio:.2} | {aim} | {met} | {} | {} |\n",
        outcome.row.measured,
        outcome.row.baseline,
        rate_and_time(outcome.engine),
        rate_and_time(outcome.baseline),
    )
}

fn rate_and_time(seconds: f64) -> String {
    format!("{:.0}/s ({})", 1.0 / seconds, time(seconds))
}

fn time(seconds: f64) -> String {
    match seconds {
        short if short < 1e-6 => format!("{:.0} ns", short * 1e9),
        medium if medium < 1e-3 => format!("{:.1} us", medium * 1e6),
        long => format!("{:.1} ms", long * 1e3),
    }
}
