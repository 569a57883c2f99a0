//! Draws what was measured each second, as an SVG.

use std::fmt::Write as _;

const WIDTH: f64 = 760.0;
const PANEL: f64 = 110.0;
const MARGIN: f64 = 24.0;
/// Points of a line: more cannot be seen.
const POINTS: usize = 600;

/// One panel of the chart.
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    /// One a second.
    pub(crate) values: Vec<f64>,
}

/// The chart: a panel for each line, each from zero to its largest value.
pub(crate) fn draw(lines: &[Line<'_>]) -> String {
    let height = PANEL * lines.len() as f64 + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    for (at, line) in lines.iter().enumerate() {
        svg.push_str(&panel(line, at as f64 * PANEL + MARGIN));
    }
    svg.push_str("</svg>\n");
    svg
}

fn panel(line: &Line<'_>, top: f64) -> String {
    let most = line.values.iter().copied().fold(0.0, f64::max).max(1e-9);
    let (bottom, room) = (top + PANEL - MARGIN, PANEL - 2.0 * MARGIN);
    let step = line.values.len().div_ceil(POINTS).max(1);
    let points = line.values.chunks(step).enumerate().map(|(at, chunk)| {
        // The worst of what one point stands for.
        let worst = chunk.iter().copied().fold(0.0, f64::max);
        let last = line.values.len().div_ceil(step).saturating_sub(1).max(1);
        let x = MARGIN + (WIDTH - 2.0 * MARGIN) * at as f64 / last as f64;
        format!("{x:.1},{:.1} ", bottom - room * worst / most)
    });
    let points: String = points.collect();
    let mut panel = String::new();
    let _infallible = writeln!(
        panel,
        "<text x=\"{MARGIN}\" y=\"{:.1}\">{}: at most {}, over {} s</text>\n\
         <path d=\"M{MARGIN},{bottom:.1}H{}\" stroke=\"#bbb\"/>\n\
         <polyline points=\"{}\" fill=\"none\" stroke=\"#246\" stroke-width=\"1.2\"/>",
        top + 4.0,
        line.name,
        short(most),
        line.values.len(),
        WIDTH - MARGIN,
        points.trim_end(),
    );
    panel
}

fn short(value: f64) -> String {
    match value {
        large if large >= 100.0 => format!("{large:.0}"),
        small => format!("{small:.1}"),
    }
}
