//! Report of a run, for people and for programs.

use std::fmt;

use serde::Serialize;

use crate::audit::{Audit, Finding};
use crate::books::Units;
use crate::carts::Carts;
use crate::grouped::grouped;

/// Most mismatches that are printed of one check.
const MISMATCHES_SHOWN: usize = 5;

/// Totals and audit of a run. Without `replayed`, `open_at_start`, `events_written`, `seconds` and `updates_per_second` it is the same however often the
/// run was interrupted.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// Baskets of the file.
    pub(crate) baskets: usize,
    /// Lines of the file.
    pub(crate) lines: usize,
    /// Baskets that were sold.
    pub(crate) sold: usize,
    /// Baskets that were refused for lack of stock.
    pub(crate) refused: usize,
    /// Sold baskets whose answer an earlier, interrupted process had written down.
    pub(crate) replayed: usize,
    /// What became of carts, where baskets are carts first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) carts: Option<Carts>,
    /// Carts that an earlier, interrupted process had left open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) open_at_start: Option<usize>,
    /// Events in the log: one per level counted and per line sold, or held and no longer held.
    pub(crate) events: u64,
    /// Events that this process has made durable.
    pub(crate) events_written: u64,
    /// How long it took to make them durable.
    pub(crate) seconds: f64,
    /// `events_written / seconds`, rounded.
    pub(crate) updates_per_second: u64,
    /// Pairs of store and product.
    pub(crate) levels: usize,
    /// Units over all levels.
    pub(crate) units: Units,
    /// Whether opening - sold = remaining for every level, in three ways.
    pub(crate) audit: Audit,
    /// Whether all of the audit is clean.
    pub(crate) clean: bool,
}

impl Report {
    /// The report as one line.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a report has only numbers, flags and names of fields")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |name: &str, number: u64, note: &str| {
            writeln!(f, "{:<24}{:>14}{note}", name, grouped(number))
        };
        row("baskets sold", self.sold as u64, "")?;
        row(
            "baskets refused",
            self.refused as u64,
            "  for lack of stock",
        )?;
        if self.replayed > 0 {
            row(
                "  sold before",
                self.replayed as u64,
                "  in a run that was continued",
            )?;
        }
        if let Some(carts) = self.carts {
            let share = |of: usize| {
                let percent = 100.0 * of as f64 / carts.held.max(1) as f64;
                format!("  {percent:.1} % of the carts")
            };
            row("carts held", carts.held as u64, "")?;
            if let Some(open) = self.open_at_start.filter(|open| *open > 0) {
                row(
                    "  open at the start",
                    open as u64,
                    "  of a run that was continued",
                )?;
            }
            row("  bought", carts.committed as u64, &share(carts.committed))?;
            row("  set free", carts.released as u64, &share(carts.released))?;
            row("  expired", carts.expired as u64, &share(carts.expired))?;
            row(
                "  bought the second time",
                carts.returned as u64,
                "  of those that were set free or expired",
            )?;
        }
        let written = format!(
            "  {} durable events in {:.2} s",
            grouped(self.events_written),
            self.seconds
        );
        row("updates per second", self.updates_per_second, &written)?;
        row("levels", self.levels as u64, "  pairs of store and product")?;
        row("units at the opening", self.units.opening.units(), "")?;
        row("units sold", self.units.sold.units(), "")?;
        row("units remaining", self.units.remaining.units(), "")?;
        writeln!(f, "\nopening - sold = remaining, level by level")?;
        finding(f, "from the ledger", &self.audit.ledger)?;
        finding(f, "after a restart", &self.audit.restart)?;
        finding(f, "from the log alone", &self.audit.log)?;
        match &self.audit.holds {
            Some(holds) => {
                writeln!(f, "\nreserved = what is held, each hold ended once")?;
                finding(f, "hold by hold", holds)
            }
            None => Ok(()),
        }
    }
}

fn finding(f: &mut fmt::Formatter<'_>, from: &str, finding: &Finding) -> fmt::Result {
    let mismatches = finding.mismatches();
    if mismatches.is_empty() {
        return writeln!(f, "  {from:<30} clean");
    }
    writeln!(f, "  {from:<30} {} mismatches", mismatches.len())?;
    for mismatch in mismatches.iter().take(MISMATCHES_SHOWN) {
        writeln!(f, "    {mismatch}")?;
    }
    Ok(())
}
