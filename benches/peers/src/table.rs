//! What was measured, as tables: medians of the rounds, and medians of each round's ratios.

use std::io::{self, Write as _};

use crate::rounds::Figures;
use crate::rows::{Row, Who};

/// A row with the figures of each side, in the order of [`Who::all`].
pub(crate) type Measured = (&'static Row, Vec<Vec<Figures>>);

pub(crate) fn print(measured: &[Measured]) {
    let mut text = rates(measured);
    text.push('\n');
    text.push_str(&ratios(measured));
    // Nobody is there to be told when nobody reads the output.
    let _ = write!(io::stdout(), "{text}");
}

/// Of each row what each side does.
fn rates(measured: &[Measured]) -> String {
    let names: Vec<_> = Who::all().map(Who::name).collect();
    let mut text = format!(
        "| updates/s; p50 and p99 of a call | {} |\n",
        names.join(" | ")
    );
    text.push_str(&"|---".repeat(1 + names.len()));
    text.push_str("|\n");
    for (row, sides) in measured {
        let cells: Vec<_> = sides.iter().map(|figures| cell(figures)).collect();
        text.push_str(&format!("| {} | {} |\n", row.title, cells.join(" | ")));
    }
    text
}

fn cell(figures: &[Figures]) -> String {
    let median = |of: fn(&Figures) -> f64| median(figures.iter().map(of).collect());
    format!(
        "{}/s; {:.2} and {:.2} ms",
        grouped(median(|round| round.per_second)),
        median(|round| round.p50),
        median(|round| round.p99)
    )
}

/// Each of ours beside each peer.
fn ratios(measured: &[Measured]) -> String {
    let head = "| measured | ours | beside | rate | p50 | p99 | aim | |\n|---|---|---|---|---|---|---|---|\n";
    let mut text = head.to_owned();
    for (row, sides) in measured {
        let of = |wanted: Who| {
            let mut found = Who::all().zip(sides).filter(|(who, _)| *who == wanted);
            found.next().expect("every side was measured").1
        };
        for ours in Who::OURS {
            for peer in Who::PEERS {
                text.push_str(&ratio(row, ours, peer, of(ours), of(peer)));
            }
        }
    }
    text
}

fn ratio(row: &Row, ours: Who, peer: Who, of_ours: &[Figures], of_peer: &[Figures]) -> String {
    let median = |of: fn(&Figures) -> f64| {
        let rounds = of_ours.iter().zip(of_peer);
        median(rounds.map(|(ours, peer)| of(ours) / of(peer)).collect())
    };
    let rate = median(|round| round.per_second);
    let mut aims = row.aims.iter();
    let aim = aims.find(|aim| aim.ours == ours && aim.peer == peer);
    let verdict = match aim {
        _ if rate < 1.0 => "WE LOSE",
        Some(aim) if rate < aim.times => "MISSED",
        Some(_) => "met",
        None => "",
    };
    let aim = aim.map_or_else(String::new, |aim| format!("at least {}x", aim.times));
    format!(
        "| {} | {} | {} | {rate:.2}x | {:.2}x | {:.2}x | {aim} | {verdict} |\n",
        row.title,
        ours.name(),
        peer.name(),
        median(|round| round.p50),
        median(|round| round.p99),
    )
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Rounded, with a comma between thousands.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
