//! The table, one row as soon as it is known.

use std::io::{self, Write as _};

/// What a figure should be.
pub(crate) enum Aim {
    AtLeast(f64),
    Below(f64),
}

fn print(line: &str) {
    // Nobody is there to be told when nobody reads the output.
    let _ = writeln!(io::stdout(), "{line}");
}

pub(crate) fn head() {
    print("| measured | figure | aim | met | beside |\n|---|---|---|---|---|");
}

pub(crate) fn row(measured: &str, figure: f64, unit: &str, aim: Aim, beside: &str) {
    let (aim, met) = match aim {
        Aim::AtLeast(least) => (format!("at least {least}"), figure >= least),
        Aim::Below(most) => (format!("below {most}"), figure < most),
    };
    let figure = match figure {
        large if large >= 1_000.0 => format!("{large:.0}"),
        small => format!("{small:.2}"),
    };
    let met = if met { "yes" } else { "NO" };
    print(&format!(
        "| {measured} | {figure} {unit} | {aim} | {met} | {beside} |"
    ));
}
